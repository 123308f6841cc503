select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/orders/ord_%s/lines/lin_%s', replace(l.account_id::text, '-', ''), replace(l.order_id::text, '-', ''), replace(l.line_id::text, '-', '')) as name
          from order_line l join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, o.entity_id, o.territory, l.account_id)
           and ((select coalesce(sum(b.gross), 0) from billed_to_date b
                 where (b.account_id, b.line_id) = (l.account_id, l.line_id) and b.basis = 'RATED')
               <> (select coalesce(sum(i.gross), 0) from invoice_line i
                    where (i.account_id, i.line_id) = (l.account_id, l.line_id) and i.corrects_line is null)
                or (select coalesce(sum(b.gross), 0) from billed_to_date b
                     where (b.account_id, b.line_id) = (l.account_id, l.line_id) and b.basis not in ('RATED', 'OPENING'))
               <> (select coalesce(sum(case n.kind when 'CREDIT_NOTE' then -i.gross else i.gross end), 0)
                     from invoice_line i join invoice n using (account_id, invoice_id)
                    where (i.account_id, i.line_id) = (l.account_id, l.line_id) and i.corrects_line is not null))) as broken
