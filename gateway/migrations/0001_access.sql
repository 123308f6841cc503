-- Who may come in, and as what.

create table api_key (
  key_id      uuid constraint api_key_pkey primary key,
  -- The person or platform behind the key: two keys of one person are one person.
  person      text not null constraint api_key_person check (person ~ '^[!-~]{1,128}$'),
  kind        text not null constraint api_key_kind check (kind in ('PRINCIPAL_KIND_PERSON', 'PRINCIPAL_KIND_PLATFORM')),
  -- SHA-256 of the secret, which nobody but its holder has.
  secret_hash bytea not null constraint api_key_secret_hash check (octet_length(secret_hash) = 32),
  created_at  timestamptz not null,
  created_by  text not null,
  expires_at  timestamptz constraint api_key_expires_after_creation check (expires_at > created_at),
  revoked_at  timestamptz,
  revoked_by  text,
  constraint api_key_revocation_has_its_revoker check ((revoked_at is null) = (revoked_by is null))
);
create index api_key_by_person on api_key (person);

-- A role within limits; an empty list does not limit.
create table api_key_grant (
  key_id      uuid not null constraint api_key_grant_of_a_key references api_key,
  ordinal     integer not null constraint api_key_grant_ordinal check (ordinal >= 1),
  role        text not null constraint api_key_grant_role check (role ~ '^ROLE_[A-Z_]+$' and role <> 'ROLE_UNSPECIFIED'),
  entities    uuid[] not null,
  territories text[] not null,
  accounts    uuid[] not null,
  constraint api_key_grant_pkey primary key (key_id, ordinal),
  -- Who grants roles within limits could grant more than they have.
  constraint api_key_grant_access_admin_is_unlimited check (
    role <> 'ROLE_ACCESS_ADMIN' or (cardinality(entities) = 0 and cardinality(territories) = 0 and cardinality(accounts) = 0))
);

-- Which requests were answered, and how (the table of crate outbox).
create table answered_request (
    caller      text        not null,
    method      text        not null,
    request_id  text        not null,
    body_digest bytea       not null,
    answer      bytea,
    answered_at timestamptz not null,
    constraint answered_request_pkey primary key (caller, method, request_id)
);

-- A key is made and revoked, and nothing else about it ever changes.
grant select, insert on api_key, api_key_grant to access_app;
grant update (revoked_at, revoked_by) on api_key to access_app;
grant select, insert on answered_request to access_app;
grant update (answer) on answered_request to access_app;
