-- A note takes order, parties and texts from the document that it corrects; its period spans the lines that it names.
with registered as (
  insert into issued_number (series_id, year, sequence, entity_id, account_id, invoice_id, issue_date)
  select $13, $14, $15, entity_id, account_id, $3, $17 from invoice where account_id = $1 and invoice_id = $2
), to_print as (
  insert into document_due (account_id, invoice_id) values ($1, $3)
), span as (
  select min(origin_first) as first, max(origin_last) as last from invoice_line
   where account_id = $1 and invoice_id = $2 and number = any($23::int[])
)
insert into invoice (account_id, invoice_id, run_id, order_id, entity_id, kind, currency, billing_month, period_first, period_last,
                     payment_terms_days, spots, commission_percent, gross, commission, net, tax, total, digest, series_id, number,
                     issue_date, due_date, accounting_month, approved_by, issued_at, parties, template_version, purchase_order, note,
                     contact, attachment, tax_base, orders, corrects_id, basis, reason, rebill_account_id, rebill_id, rebill_number,
                     settled_by)
select i.account_id, $3, null, i.order_id, i.entity_id, $4, i.currency, i.billing_month, s.first, s.last,
       i.payment_terms_days, 0, i.commission_percent, $7, $8, $9, $10, $11, $12, $13, $16,
       $17, $18, $19, $20, $21, i.parties, $22, i.purchase_order, '',
       i.contact, '', i.tax_base, i.orders, $2, $5, $6, $24, $25, $26, i.settled_by
  from invoice i cross join span s
 where i.account_id = $1 and i.invoice_id = $2
