select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s/lines/%s', replace(l.account_id::text, '-', ''), replace(l.invoice_id::text, '-', ''), l.number) as name
          from invoice_line l
          join invoice i using (account_id, invoice_id)
          join account a using (account_id)
          join (select n.account_id, n.corrects_id, c.corrects_line, sum(c.gross) as gross
                  from invoice n join invoice_line c using (account_id, invoice_id)
                 where n.kind = 'CREDIT_NOTE' group by 1, 2, 3) as credited
            on (credited.account_id, credited.corrects_id, credited.corrects_line) = (l.account_id, l.invoice_id, l.number)
         where in_scope($1::jsonb, i.entity_id, a.territory, l.account_id)
           and (abs(credited.gross) > abs(l.gross) or credited.gross * l.gross < 0)) as broken
