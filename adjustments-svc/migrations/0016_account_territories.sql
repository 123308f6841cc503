-- Where accounts belong, as invoicing says: what waits is looked for by it.

create table account_territory (
  account_id uuid primary key,
  -- Empty: none.
  territory  text not null
);

-- What was said before anybody noted it is known of the accounts that have disputes or cases.
insert into account_territory (account_id, territory)
select distinct on (account_id) account_id, territory
  from (select account_id, territory, opened_at from dispute
         union all
        select account_id, territory, opened_at from customer_case) as opened
 order by account_id, opened_at desc;

grant select, insert, update on account_territory to adjustments_app;
