select category as "category!", percent as "percent!", reason as "reason!", base as "base!", tax as "tax!"
  from (select ordinal, category, percent, reason, base, tax from draft_tax where account_id = $1 and invoice_id = $2
         union all
        select ordinal, category, percent, reason, base, tax from invoice_tax where account_id = $1 and invoice_id = $2) row
 order by ordinal
