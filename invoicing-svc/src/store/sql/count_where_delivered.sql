-- What a note counts on the lines that it corrects, once more on those to which they were delivered, and against it what it
-- takes off the rebill: together they are nothing, as no document of that account says them.
with counted as (
  select d.delivered, c.*, e.basis as counts, case e.basis when 'REBILL' then 0 else c.units end as counted_units,
         case e.basis when 'REBILL' then -c.gross else c.gross end as counted_gross
    from billed_to_date c
    join unnest($4::uuid[], $5::uuid[]) as d(billed, delivered) on d.billed = c.line_id
   cross join (values ('CORRECTION'), ('REBILL')) as e(basis)
   where c.account_id = $1 and c.invoice_id = $2 and c.basis = 'CORRECTION'
)
insert into billed_to_date (account_id, line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units,
                            gross, invoice_id, recorded_at)
select $3, delivered,
       (select greatest(coalesce(max(b.entry), 0), 1000000000) from billed_to_date b where b.account_id = $3 and b.line_id = delivered)
       + (row_number() over (partition by delivered order by entry, counts))::int,
       counts, kind, origin_first, origin_last, segment_first, rate, price_base, counted_units, counted_gross, null, recorded_at
  from counted
