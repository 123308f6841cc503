-- When what an entity billed in some months reached its stages.
select c.account_id as "account_id!", c.invoice_id as "invoice_id!", c.billing_month as "billing_month!", p.code as "code!",
       c.product_id as "product_id!",
       c.signed as "signed?", c.synced as "synced?", c.live as "live?", c.delivered as "delivered?", c.told as "told?",
       c.rated as "rated?", c.approved as "approved?", c.issued as "issued?"
  from stage_clock c join ad_product p using (product_id)
 where c.entity_id = $1 and c.billing_month between $2 and $3 and ($4::uuid is null or c.product_id = $4)
   and in_scope($5::jsonb, c.entity_id, c.territory, c.account_id)
