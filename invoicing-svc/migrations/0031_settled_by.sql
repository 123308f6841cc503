-- How accounts settle what they are billed, and how each document is settled: as its draft was approved.

alter table account add column settled_by text not null default 'TERMS'
  constraint account_settled_by check (settled_by in ('TERMS', 'CARD', 'SELLER_BALANCE', 'WALLET'));
alter table draft add column settled_by text not null default 'TERMS'
  constraint draft_settled_by check (settled_by in ('TERMS', 'CARD', 'SELLER_BALANCE', 'WALLET'));
alter table invoice add column settled_by text not null default 'TERMS'
  constraint invoice_settled_by check (settled_by in ('TERMS', 'CARD', 'SELLER_BALANCE', 'WALLET'));
