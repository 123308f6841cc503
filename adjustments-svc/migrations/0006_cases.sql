-- What customers ask, want, promise and complain of.

create table customer_case (
  account_id    uuid not null,
  case_id       uuid not null,
  revision      bigint not null,
  -- Of the document; without one it belongs to the account alone.
  entity_id     uuid,
  territory     text not null,
  invoice_id    uuid,
  kind          text not null constraint customer_case_kind check (kind in ('ENQUIRY', 'DOCUMENT_REQUEST', 'PROMISE', 'COMPLAINT')),
  requested     text constraint customer_case_requested check (requested in ('COPY', 'W9', 'BACKUP')),
  currency      text,
  promised      numeric constraint customer_case_promised check (promised > 0),
  promised_day  date,
  subject       text not null,
  words         text not null,
  contact       text not null,
  opened_by     text not null,
  opened_at     timestamptz not null,
  owner         text,
  due_at        timestamptz not null,
  escalated_at  timestamptz,
  escalated_to  text,
  state         text not null constraint customer_case_state check (state in ('OPEN', 'AWAITING_CUSTOMER', 'CLOSED')),
  waiting_since timestamptz,
  outcome       text constraint customer_case_outcome check (outcome in ('ANSWERED', 'KEPT', 'BROKEN', 'WITHDRAWN')),
  answer        text,
  closed_by     text,
  closed_at     timestamptz,
  primary key (account_id, case_id),
  constraint customer_case_document_is_of_an_entity check ((entity_id is null) = (invoice_id is null)),
  constraint customer_case_request_names_what check ((kind = 'DOCUMENT_REQUEST') = (requested is not null)),
  constraint customer_case_promise_is_whole check (
    (kind = 'PROMISE') = (promised is not null) and num_nulls(currency, promised, promised_day) in (0, 3)),
  constraint customer_case_waits_since check ((state = 'AWAITING_CUSTOMER') = (waiting_since is not null)),
  constraint customer_case_closing_is_somebodys check (
    (state = 'CLOSED') = (closed_by is not null) and num_nulls(outcome, answer, closed_by, closed_at) in (0, 4))
);
create index customer_case_late on customer_case (due_at) where escalated_at is null and state = 'OPEN';

grant select, insert, update on customer_case to adjustments_app;
