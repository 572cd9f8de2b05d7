-- The models of a provider that somebody brought: [{"id", "capabilities", "contextTokens", "price"}]. Null: any that it
-- takes.
alter table providers add column models jsonb;
