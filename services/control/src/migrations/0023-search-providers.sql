-- Searches of the web as well, with a key or a server of one's own.
alter table providers drop constraint providers_kind_check;
alter table providers add constraint providers_kind_check check (kind in ('openai', 'openrouter', 'serper', 'searxng'));
