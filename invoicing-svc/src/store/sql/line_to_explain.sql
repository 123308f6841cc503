-- A line of a draft or document with what stood behind it: its order line as it is known now, and
-- the segment that prices it, where one still begins on that day.
with line as (
  select d.entity_id, d.run_id, d.currency, d.commission_percent, null as document, null as rebills, l.account_id, l.line_id, l.entry, l.kind,
         l.origin_first, l.origin_last, l.segment_first, l.quantity, l.unit, l.rate, l.price_base, l.gross, l.commission, l.net
    from draft d join draft_line l using (account_id, invoice_id)
   where account_id = $1 and invoice_id = $2 and l.number = $3
   union all
  select i.entity_id, i.run_id, i.currency, i.commission_percent, i.number, i.rebill_number, l.account_id, l.line_id, l.entry, l.kind,
         l.origin_first, l.origin_last, l.segment_first, l.quantity, l.unit, l.rate, l.price_base, l.gross, l.commission, l.net
    from invoice i join invoice_line l using (account_id, invoice_id)
   -- A line of a note is not rated: its reason is what it says.
   where account_id = $1 and invoice_id = $2 and l.number = $3 and i.kind = 'INVOICE'
)
select l.line_id as "line_id!", ol.order_id as "order_id!", l.run_id as "run_id?", l.document as "document?", l.rebills as "rebills?",
       l.currency as "currency!", l.commission_percent as "commission_percent!", l.entry as "entry!", l.kind as "kind!",
       l.origin_first as "origin_first!", l.origin_last as "origin_last!", l.segment_first as "segment_first!",
       l.quantity as "quantity!", l.unit as "unit!", l.rate as "rate!", l.price_base as "price_base!", l.gross as "gross!",
       l.commission as "commission!", l.net as "net!",
       ol.cap_kind, ol.cap_percent, ol.cap_budget, ol.metric, ol.delivery_source, ol.third_party_source, ol.third_party_controls,
       s.last_day as "segment_last?", s.revision as "segment_revision?",
       (select sum(booked_units) from term_segment t where (t.account_id, t.line_id) = (l.account_id, l.line_id)) as booked_units
  from line l
  join order_line ol on (ol.account_id, ol.line_id) = (l.account_id, l.line_id)
  join insertion_order o on (o.account_id, o.order_id) = (ol.account_id, ol.order_id)
  left join term_segment s on s.account_id = l.account_id and s.line_id = l.line_id and s.first_day = l.segment_first
 where in_scope($4::jsonb, l.entity_id, o.territory, l.account_id)
