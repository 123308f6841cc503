-- Documents that bill several orders of an account, as its billing instructions say.

alter table account
  add column consolidation text not null default 'ORDER'
    constraint account_consolidation check (consolidation in ('ORDER', 'PURCHASE_ORDER', 'ADVERTISER', 'ACCOUNT'));

-- How many orders it bills; `order_id` is the first of them.
alter table draft add column orders integer not null default 1 constraint draft_orders check (orders >= 1);
alter table invoice add column orders integer not null default 1 constraint invoice_orders check (orders >= 1);

-- The customer's number that the line goes on, where not all of the document goes on one.
alter table draft_line add column purchase_order text;
alter table invoice_line add column purchase_order text;
create index invoice_line_by_purchase_order on invoice_line (account_id, purchase_order) where purchase_order is not null;
