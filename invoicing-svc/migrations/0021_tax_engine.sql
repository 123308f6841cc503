-- Outside engines that decide tax, by the name that the configuration gives them.

-- Null: the tax rates decide.
alter table billing_entity add column tax_engine text constraint billing_entity_tax_engine check (tax_engine <> '');

-- The engine that determined the tax of the document; null: the rates did.
alter table draft add column tax_engine text;
alter table invoice add column tax_engine text;
