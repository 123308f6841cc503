-- Below how much a draft of the entity may take back what was billed, in its functional currency; null: never.
alter table billing_entity add column negative_line_limit numeric
  constraint billing_entity_negative_line_limit check (negative_line_limit > 0);
