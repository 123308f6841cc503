-- Of which products it is what went wrong.

-- How much of an adjustment, or of what settled a dispute, was of which product, as invoicing says of the lines. What was adjusted
-- before this was kept, or is of no line, has none.
create table cause_product (
  account_id uuid not null,
  -- The adjustment or the dispute.
  subject_id uuid not null,
  product_id uuid not null,
  -- In its currency: an adjustment's gross; what notes settle a dispute with, tax included.
  amount     numeric not null,
  primary key (account_id, subject_id, product_id)
);
grant select, insert, update, delete on cause_product to adjustments_app;

-- What went wrong, with a row for each product that is known of it. Months are those of UTC.
create or replace view cause_shown as
  select 'ADJUSTMENT' as source, a.cause, '' as detail, a.account_id, a.entity_id, '' as territory, a.currency,
         coalesce(p.amount, (select coalesce(sum(l.gross), 0) from adjustment_line l
                              where l.account_id = a.account_id and l.adjustment_id = a.adjustment_id)) as amount,
         date_trunc('month', a.executed_at at time zone 'UTC')::date as month, a.adjustment_id as subject_id, p.product_id
    from adjustment a
    left join cause_product p on p.account_id = a.account_id and p.subject_id = a.adjustment_id
   where a.state = 'EXECUTED'
  union all
  select 'DISPUTE', d.cause, coalesce(d.cause_detail, ''), d.account_id, d.entity_id, d.territory, d.currency,
         coalesce(p.amount, d.settled),
         date_trunc('month', d.resolved_at at time zone 'UTC')::date, d.dispute_id, p.product_id
    from dispute d
    left join cause_product p on p.account_id = d.account_id and p.subject_id = d.dispute_id
   where d.state in ('RESOLVED', 'CLOSED') and d.cause is not null;
