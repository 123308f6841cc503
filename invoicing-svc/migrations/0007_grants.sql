-- What the service may do. What is issued, posted or received is inserted and read, and nothing else.

grant select, insert, update on billing_entity, number_series, number_series_year, account, ad_product to invoicing_app;

grant select, insert, update on order_registry, insertion_order, order_line, term_segment to invoicing_app;
grant select, insert on order_batch, order_revision, billed_to_date to invoicing_app;
grant select, insert, update, delete on order_external_id, order_purchase_order, plan_week, schedule_part to invoicing_app;
grant delete on term_segment to invoicing_app;

grant select, insert on delivery_batch, quarantined_row to invoicing_app;
grant select, insert on airing to invoicing_app;
grant update (superseded_at) on airing to invoicing_app;

grant select, insert, update on billing_run, billing_run_shard to invoicing_app;
grant select, insert, delete on billing_exception, draft, draft_line, draft_spot, draft_posting to invoicing_app;

grant select, insert on issued_number, invoice, invoice_line, invoice_spot, document, ledger_entry to invoicing_app;

grant select, insert, update on outbox, feed, inbox, answered_request to invoicing_app;
