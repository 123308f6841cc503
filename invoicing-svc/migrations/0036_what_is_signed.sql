-- What an approval signs: the words on a draft too, by others than those who wrote them, and nothing that came later.

-- What is signed of a draft: what money follows, and what people wrote on it. A draft on which nobody wrote is signed as before.
create function signed_digest(digest bytea, edit draft_edit) returns bytea
  language sql stable parallel safe
  return case when (edit).revision is null then digest
              else sha256(digest || convert_to(
                jsonb_build_array('draft-edit/1', (edit).revision, (edit).purchase_order, (edit).note, (edit).contact,
                                  (edit).attachment)::text, 'UTF8')) end;

alter table billing_run
  -- Who wrote on its drafts: where approvals are configured none of them approves it.
  add column editors text[] not null default '{}',
  -- What the drafts know that are approved: a draft of an account that changes later is looked at again before it is issued.
  -- Null: not approved yet, or approved before this was kept.
  add column approved_seen pg_snapshot;
update billing_run r
   set editors = array(select distinct e.edited_by from draft d join draft_edit e using (account_id, invoice_id)
                        where d.run_id = r.run_id order by 1)
 where exists (select from draft d join draft_edit e using (account_id, invoice_id) where d.run_id = r.run_id);
