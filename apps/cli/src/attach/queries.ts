import type { Csi } from "./sequences.ts";

// Window reports of CSI Ps t (xterm): everything that is answered.
const windowReports = new Set(["11", "13", "14", "15", "16", "18", "19", "20", "21"]);

/** Whether a CSI sequence in the output would make a terminal answer (xterm's ctlseqs; VT510; kitty). */
export const isCsiQuery = ({ prefix, parameters, intermediates, final }: Csi): boolean => {
  switch (`${intermediates}${final}`) {
    case "c":
      // DA1, DA2, DA3. "?" is the Linux console's cursor shape.
      return prefix !== "?";
    case "n":
      // DSR, CPR, DECXCPR, colour scheme. ">" turns a key modifier option off.
      return prefix !== ">";
    case "$p":
      // DECRQM.
      return true;
    case "t":
      return prefix === "" && windowReports.has(parameters.split(";")[0] ?? "");
    case "q":
      // XTVERSION.
      return prefix === ">";
    case "u":
      // Kitty keyboard flags; plain is "restore cursor", ">" and "<" push and pop.
      return prefix === "?";
    case "m":
      // XTQMODKEYS; ">" sets them.
      return prefix === "?";
    case "S":
      // XTSMGRAPHICS; plain scrolls.
      return prefix === "?";
    case "x":
      // DECREQTPARM.
      return prefix === "" && /^[01]?$/.test(parameters);
    case "*y": // DECRQCRA
    case "$w": // DECRQPSR
    case "$u": // DECRQTSR
    case "&u": // DECRQUPSS
    case "'|": // DECRQLP
    case "#S": // XTTITLEPOS
    case "#|": // XTREPORTSGR
      return true;
    default:
      return false;
  }
};

const answeringOsc = /^(?:4|5|1\d|21|22|50|52|99|104|5522)$/;

/** Whether an OSC asks: a field that is "?" (colours, clipboard, font) or ends in "=?" (kitty); iTerm2's reports. */
export const isOscQuery = (body: string): boolean => {
  const [code = "", ...fields] = body.split(";");
  if (code === "60" || code === "61") return true;
  if (code === "1337")
    return /^(?:ReportCellSize|ReportVariable|Capabilities|RequestUpload)/.test(fields[0] ?? "");
  return answeringOsc.test(code) && fields.some((field) => /^\?|=\?/.test(field));
};

/** DECRQSS, XTGETTCAP, XTGETXRES. */
export const isDcsQuery = (body: string): boolean => /^(?:\$q|\+q|\+Q)/.test(body);

/** A kitty graphics command that only asks. */
export const isApcQuery = (body: string): boolean =>
  body.startsWith("G") && /(?:^|,)a=q(?:,|$)/.test(body.slice(1).split(";")[0] ?? "");
