-- Policies, people and requests for approval: local tables of the coordinator, because a request may be about anything.

create table policy_version (
  version      integer primary key constraint policy_version_counts_from_one check (version > 0),
  title        text not null,
  yaml         text not null,
  digest       bytea not null constraint policy_version_digest check (length(digest) = 32),
  effective_at timestamptz not null,
  uploaded_by  text not null,
  uploaded_at  timestamptz not null,
  -- The request that lets it hold; none for the version that came with the installation.
  approval_id  uuid constraint policy_version_approval_is_its_own unique
);

create table person (
  account        text primary key,
  revision       bigint not null,
  same_person_as text constraint person_is_somebody_else check (same_person_as <> account),
  reports_to     text constraint person_reports_to_another check (reports_to <> account),
  roles          text[] not null,
  changed_by     text not null constraint person_is_changed_by_another check (changed_by <> account),
  changed_at     timestamptz not null
);

create table delegation (
  delegation_id uuid primary key,
  revision      bigint not null,
  lender        text not null,
  delegate      text not null,
  role          text not null,
  kinds         text[] not null,
  amount_max    numeric,
  begins_at     timestamptz not null,
  ends_at       timestamptz not null,
  proposed_at   timestamptz not null,
  state         text not null constraint delegation_state check (state in ('PROPOSED', 'ACCEPTED', 'REVOKED')),
  settled_by    text,
  settled_at    timestamptz,
  constraint delegation_is_between_two check (lender <> delegate),
  constraint delegation_lasts_thirty_days check (begins_at < ends_at and ends_at <= begins_at + interval '30 days'),
  constraint delegation_is_accepted_by_the_delegate check (state <> 'ACCEPTED' or settled_by = delegate)
);
create index delegation_by_delegate on delegation (delegate) where state = 'ACCEPTED';

create table approval (
  approval_id       uuid primary key,
  revision          bigint not null,
  subject_kind      text not null,
  subject           text not null,
  subject_digest    bytea not null constraint approval_subject_digest check (length(subject_digest) = 32),
  summary           text not null,
  entity_id         uuid,
  account_id        uuid,
  cause             text,
  -- What the policy was asked, so that another one can be asked the same.
  entity_code       text not null,
  share             bigint not null constraint approval_share check (share >= 0),
  age_days          integer not null constraint approval_age_days check (age_days >= 0),
  -- In the functional currency; all of them or none.
  measure_currency  text,
  measure_this      numeric,
  measure_account   numeric,
  measure_cause     numeric,
  measure_maker     numeric,
  measure_largest   text,
  policy_version    integer not null references policy_version,
  plan              jsonb not null,
  submitted_by      text not null,
  submitted_at      timestamptz not null,
  remind_at         timestamptz not null,
  escalate_at       timestamptz not null,
  expire_at         timestamptz not null,
  reminded          boolean not null,
  escalated         boolean not null,
  replaces          uuid references approval,
  state             text not null constraint approval_state check (state in (
    'PENDING', 'APPROVED', 'EXECUTED', 'REJECTED', 'RETURNED', 'WITHDRAWN', 'EXPIRED', 'VOIDED', 'POST_REVIEW_DUE',
    'RATIFIED', 'VIOLATION')),
  automatic         boolean not null,
  ended_at          timestamptz,
  void_reason       text,
  withdrawn_by      text,
  glass_by          text,
  glass_at          timestamptz,
  glass_incident    text constraint approval_incident_counts_once unique,
  glass_reason      text,
  review_due_at     timestamptz,
  reviewed_by       text,
  reviewed_at       timestamptz,
  constraint approval_measure_is_whole check (num_nulls(
    measure_currency, measure_this, measure_account, measure_cause, measure_maker, measure_largest) in (0, 6)),
  constraint approval_ends_once check ((state = 'PENDING') = (ended_at is null)),
  -- Without steps the policy approves, and with steps it does not.
  constraint approval_automatic_has_no_steps check (automatic = (jsonb_array_length(plan -> 'steps') = 0)),
  constraint approval_emergency_is_told check ((state in ('POST_REVIEW_DUE', 'RATIFIED', 'VIOLATION')) = (glass_by is not null)),
  constraint approval_emergency_is_looked_at_by_another check (reviewed_by <> glass_by)
);
-- One thing is asked once at a time.
create unique index approval_subject_is_open_once on approval (subject) where state in ('PENDING', 'APPROVED');
create index approval_by_account on approval (account_id, submitted_at);
create index approval_by_time on approval (submitted_at);
create index approval_waiting on approval (least(remind_at, expire_at)) where state in ('PENDING', 'POST_REVIEW_DUE');

-- Which side of a request a person is on. The key is the segregation of duties: who has a part in the subject cannot
-- also stand on the side of those who decide.
create table approval_side (
  approval_id uuid not null references approval,
  person      text not null,
  side        text not null constraint approval_side_is_one_of_two check (side in ('INVOLVED', 'DECIDES')),
  constraint approval_side_is_one_only primary key (approval_id, person),
  constraint approval_side_is_named unique (approval_id, person, side)
);

create table approval_involved (
  approval_id uuid not null,
  account     text not null,
  part        text not null constraint approval_involved_part check (part in (
    'MAKER', 'EDITOR', 'REQUESTER', 'EVIDENCE_GIVER', 'BENEFICIARY')),
  person      text not null,
  side        text not null constraint approval_involved_side check (side = 'INVOLVED'),
  primary key (approval_id, account, part),
  constraint approval_involved_is_on_its_side foreign key (approval_id, person, side)
    references approval_side (approval_id, person, side)
);
create index approval_involved_by_person on approval_involved (person);

create table approval_decision (
  approval_id  uuid not null,
  ordinal      integer not null,
  account      text not null,
  person       text not null,
  side         text not null constraint approval_decision_side check (side = 'DECIDES'),
  choice       text not null constraint approval_decision_choice check (choice in ('APPROVE', 'REJECT', 'RETURN')),
  step         integer not null,
  role         text not null,
  on_behalf_of text,
  comment      text not null,
  digest       bytea not null,
  decided_at   timestamptz not null,
  primary key (approval_id, ordinal),
  -- One person counts once.
  constraint approval_decision_counts_once unique (approval_id, person),
  constraint approval_decision_is_on_its_side foreign key (approval_id, person, side)
    references approval_side (approval_id, person, side)
);

alter table policy_version
  add constraint policy_version_is_approved foreign key (approval_id) references approval;

grant select, insert on policy_version, approval_side, approval_involved, approval_decision to adjustments_app;
grant select, insert, update on person, delegation, approval to adjustments_app;
