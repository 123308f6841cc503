-- How accounts settle what they are billed, and how each document was settled on the day of issue.

alter table account add column settled_by text not null default 'TERMS'
  constraint account_settled_by check (settled_by in ('TERMS', 'CARD', 'SELLER_BALANCE', 'WALLET'));
alter table invoice add column settled_by text not null default 'TERMS'
  constraint invoice_settled_by check (settled_by in ('TERMS', 'CARD', 'SELLER_BALANCE', 'WALLET'));
