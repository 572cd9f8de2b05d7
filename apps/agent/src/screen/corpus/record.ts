// Records the corpus: real programs in a PTY of fixed geometry, their output as it came, gzipped. Run by hand on
// Linux with vim, less, man, tmux, top, htop and python3: node apps/agent/src/screen/corpus/record.ts [name …]
// Each program runs in an empty directory and, where it shows processes, alone in its own process namespace, so
// that nothing of the recording machine is in its output.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { spawn } from "@lydell/node-pty";

interface Recording {
  readonly name: string;
  readonly cols: number;
  readonly rows: number;
  readonly command: string;
  /** What is typed, with a wait before each. */
  readonly keys?: readonly string[];
  readonly waitMs?: number;
}

const words =
  "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore";

const recordings: readonly Recording[] = [
  {
    name: "vim",
    cols: 80,
    rows: 24,
    command: "vim -u NONE -N -c 'syntax on' -c 'set number hlsearch showcmd ruler' demo.py",
    keys: [
      "ggO# edited\x1b",
      "G",
      "oprint('wide 漢字 é')\x1b",
      "/def\r",
      "nn",
      "dd",
      "u",
      ":split\r",
      "\x17j",
      "\x04",
      "\x15",
      "V3jd",
      ":%s/self/me/g\r",
      ":help\r",
      ":qa!\r",
    ],
  },
  {
    name: "less",
    cols: 70,
    rows: 20,
    command: "less -R -i text.txt",
    keys: [" ", " ", "/dolor\r", "n", "n", "b", "G", "g", "20j", "q"],
  },
  {
    name: "man",
    cols: 80,
    rows: 24,
    command: "MAN_KEEP_FORMATTING=1 LESS=-R man ./demo.1",
    keys: [" ", "j", "k", "G", "q"],
  },
  {
    name: "top",
    cols: 100,
    rows: 20,
    command: "unshare --pid --fork --mount-proc top -d 0.4",
    keys: ["", "c", "z", "x", "t", "m", "q"],
    waitMs: 500,
  },
  {
    name: "htop",
    cols: 100,
    rows: 24,
    command: "unshare --pid --fork --mount-proc htop -d 4",
    keys: ["", "t", "\x1b[B", "\x1bOQ", "\x1b", "h", "q", "q"],
    waitMs: 500,
  },
  {
    name: "tmux",
    cols: 80,
    rows: 24,
    command: "tmux -L cmdop-corpus -f tmux.conf new 'sh -i'",
    keys: [
      "ls -C --color\r",
      "\x02%",
      "seq 1 40\r",
      '\x02"',
      "printf '\\033[1;32mgreen\\033[0m 漢字 👍\\n'\r",
      "\x02o",
      "\x02[",
      "\x1b[5~",
      "q",
      "\x02z",
      "\x02z",
      "exit\r",
      "exit\r",
      "exit\r",
    ],
    waitMs: 300,
  },
  {
    name: "ls-color",
    cols: 60,
    rows: 16,
    command:
      "ls --color=always -laR --time-style=+ . --hyperlink=always | sed 's#file://[^/]*/[^\\x1b]*/#file://host/#g'; ls --color=always -C",
  },
  {
    name: "bash",
    cols: 50,
    rows: 12,
    command: "bash --norc -i",
    keys: [
      "echo a long command line that is wrapped over the margin of the terminal because it is long",
      "\x01",
      "\x1bf\x1bf",
      "INSERTED ",
      "\x05",
      "\x15",
      "echo one; echo two\r",
      "\x1b[A\x1b[A",
      "\x12echo\x07",
      "clear\r",
      "tput sc; tput cup 3 3; echo saved; tput rc; echo restored\r",
      "exit\r",
    ],
    waitMs: 120,
  },
  {
    name: "progress",
    cols: 60,
    rows: 12,
    command: `python3 -c "
import sys,time
for job in range(4):
    for i in range(0,101,2):
        n=i*30//100
        sys.stdout.write('\\r\\033[2Kjob %d \\033[32m%s\\033[90m%s\\033[0m %3d%%' % (job,'━'*n,'─'*(30-n),i)); sys.stdout.flush()
    print(' \\033[1;32m✔\\033[0m done')
for i in range(30):
    sys.stdout.write('\\033[s\\033[3;10H\\033[7m %s \\033[0m\\033[u%s' % (i, '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'[i%10]+'\\b')); sys.stdout.flush()
print()
"`,
  },
  {
    name: "emoji",
    cols: 30,
    rows: 12,
    command: `python3 -c "
items=['👨‍👩‍👧‍👦','🇩🇪🇫🇷🇯🇵','❤️','☎︎☎️','1️⃣#️⃣','👍🏽','🏳️‍🌈','é','ê̄','한글','ᄒ','각','नमस्ते','ไทย','👩🏿‍🚀','⌚','✈️ ','𝒜','�']
for k in range(1,5):
    for i in items: print(i*k, end=' ')
    print()
for i in items:
    print('\\033[45m'+'.'*27+'\\033[0m'+i*3)
    print('\\r'+i+'\\033[D'+i+'\\033[2D|'+i)
"`,
  },
  {
    name: "cjk",
    cols: 31,
    rows: 10,
    command: `python3 -c "
t='吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。'
print(t*3)
print('\\033[44m'+t*2+'\\033[0m')
for x in range(1,12): print('\\033[%dG%s\\033[%dGab\\033[1P\\033[%dG\\033[2@x' % (x*2,t[:4],x*2+1,x*2+2))
print('a'+t*2+'\\033[7m'+t+'\\033[0m|')
"`,
  },
  {
    name: "log",
    cols: 80,
    rows: 24,
    command: `python3 -c "
import random
random.seed(7)
for i in range(160):
    l=random.choice(['\\033[32mINFO\\033[0m','\\033[33mWARN\\033[0m','\\033[1;31mERROR\\033[0m','DEBUG'])
    print('2026-11-23T10:%02d:%02d %s worker-%d \\033[38;5;%dm%s\\033[m' % (i//60,i%60,l,i%7,i%256,' '.join(random.choices('${words}'.split(),k=random.randint(3,18)))))
"`,
  },
  {
    name: "tui",
    cols: 64,
    rows: 18,
    command: `python3 -c "
import curses,locale
locale.setlocale(locale.LC_ALL,'')
def main(s):
    curses.start_color(); curses.use_default_colors(); curses.curs_set(0); curses.mousemask(-1)
    for i in range(1,8): curses.init_pair(i,i,-1 if i%2 else i-1)
    w=curses.newwin(10,40,3,6); w.box(); w.keypad(1); w.scrollok(1); w.setscrreg(1,8)
    for i in range(30):
        s.addstr(i%18,(i*7)%50,'item %d'%i,curses.color_pair(i%8)|(curses.A_BOLD if i%3 else curses.A_REVERSE))
        w.addstr(min(8,i+1),2,'row %d  ┃ 漢字'%i); w.insertln() if i%5==0 else w.scroll(1 if i%2 else -1)
        s.noutrefresh(); w.noutrefresh(); curses.doupdate()
    s.hline(1,0,curses.ACS_HLINE,60); s.refresh(); curses.napms(50)
curses.wrapper(main)
"`,
  },
];

const prepare = (directory: string): void => {
  const python = Array.from(
    { length: 25 },
    (_, i) =>
      `class C${i}:\n    """Doc ${i}"""\n    def run(self, x=${i}):\n        return self.y + "text" * x  # ${words}\n`,
  );
  writeFileSync(join(directory, "demo.py"), python.join("\n"));
  const text = Array.from({ length: 90 }, (_, i) => `${i}: ${words.repeat(1 + (i % 3))}`);
  writeFileSync(join(directory, "text.txt"), `${text.join("\n")}\n`);
  const manual = Array.from(
    { length: 12 },
    (_, i) => `.SH SECTION ${i}\n.B bold\nand\n.I italic\n${words}.\n.TP\n\\fB-${i}\\fR\n${words}.\n`,
  );
  writeFileSync(join(directory, "demo.1"), `.TH DEMO 1 2026-11-23 demo demo\n${manual.join("")}`);
  writeFileSync(
    join(directory, "tmux.conf"),
    "set -g status-right 'corpus'\nset -g mouse on\nset -g default-command 'sh -i'\nset -g default-terminal tmux-256color\nset -g set-titles on\nset -g set-titles-string 'corpus #W'\n",
  );
  for (const name of ["a directory", "source", ".hidden"]) mkdirSync(join(directory, name));
  for (const name of ["image.png", "archive.tar.gz", "sound.mp3", "漢字.txt", "source/main.c"])
    writeFileSync(join(directory, name), name);
  writeFileSync(join(directory, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
};

const record = async ({ name, cols, rows, command, keys = [], waitMs = 150 }: Recording): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "corpus-"));
  prepare(directory);
  const parts: Buffer[] = [];
  const pty = spawn("/bin/bash", ["--norc", "-c", command], {
    cols,
    rows,
    cwd: directory,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: directory,
      TERM: "xterm-256color",
      COLORTERM: "truecolor",
      LANG: "C.UTF-8",
      PS1: "$ ",
      TMUX_TMPDIR: directory,
      PAGER: "less",
    },
    encoding: null,
  });
  const end = new Promise<void>((resolve) => pty.onExit(() => resolve()));
  pty.onData((data) => parts.push(Buffer.from(data as unknown as Uint8Array)));
  for (const key of keys) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    pty.write(key);
  }
  await end;
  rmSync(directory, { recursive: true, force: true });
  const raw = Buffer.concat(parts);
  const folder = fileURLToPath(new URL(".", import.meta.url));
  writeFileSync(join(folder, `${name}.${cols}x${rows}.raw.gz`), gzipSync(raw, { level: 9 }));
  process.stdout.write(`${name}: ${raw.length} bytes\n`);
};

const wanted = process.argv.slice(2);
for (const recording of recordings) {
  if (wanted.length === 0 || wanted.includes(recording.name)) await record(recording);
}
