-- Every way of pricing: what is counted, at which price, within which limits and by which schedule.

alter table ad_product drop constraint ad_product_pricing_model, add constraint ad_product_pricing_model check (pricing_model in
  ('FLAT_FEE', 'PER_SPOT', 'CPM', 'VCPM', 'CPC', 'CPV', 'CPCV', 'CPA', 'CPD', 'PERCENT_OF_SPEND', 'GRADUATED', 'VOLUME', 'PACKAGE',
   'TIERED_FLAT', 'GRADUATED_PERCENT', 'SUBSCRIPTION', 'TIME_AND_MATERIALS'));
alter table order_line drop constraint order_line_pricing_model, add constraint order_line_pricing_model check (pricing_model in
  ('FLAT_FEE', 'PER_SPOT', 'CPM', 'VCPM', 'CPC', 'CPV', 'CPCV', 'CPA', 'CPD', 'PERCENT_OF_SPEND', 'GRADUATED', 'VOLUME', 'PACKAGE',
   'TIERED_FLAT', 'GRADUATED_PERCENT', 'SUBSCRIPTION', 'TIME_AND_MATERIALS'));
alter table order_line drop constraint order_line_schedule, add constraint order_line_schedule check (schedule in
  ('ON_DELIVERY', 'EVEN_SPLIT', 'PRO_RATA_DAYS', 'UPFRONT', 'MILESTONE', 'IN_ADVANCE', 'IN_ARREARS'));

alter table order_line
  -- Of the whole line, in units of the metric (impressions, not thousands); null where nothing is counted.
  add column booked_units       numeric constraint order_line_booked_units check (booked_units >= 0),
  -- What tiers count; null where the pricing model says it.
  add column metric             text constraint order_line_metric check (metric in
    ('IMPRESSIONS', 'VIEWABLE_IMPRESSIONS', 'CLICKS', 'VIEWS', 'COMPLETED_VIEWS', 'ACTIONS', 'DAYS', 'SPEND', 'HOURS')),
  add column tier_window        text not null default 'LIFE' constraint order_line_tier_window
    check (tier_window in ('LIFE', 'TERM', 'PERIOD', 'PERIOD_WITH_CARRY')),
  add column cap_window         text not null default 'LIFE' constraint order_line_cap_window
    check (cap_window in ('LIFE', 'TERM', 'PERIOD', 'PERIOD_WITH_CARRY')),
  add column minimum_amount     numeric constraint order_line_minimum_amount check (minimum_amount >= 0),
  add column minimum_window     text constraint order_line_minimum_window
    check (minimum_window in ('LIFE', 'TERM', 'PERIOD', 'PERIOD_WITH_CARRY')),
  -- SUBSCRIPTION, and the window TERM: how long a term is.
  add column term_months        integer constraint order_line_term_months check (term_months between 1 and 120),
  add column proration          text constraint order_line_proration check (proration in ('ACTUAL_DAYS', 'THIRTY_360', 'WHOLE_PERIODS')),
  -- PACKAGE: units of a package.
  add column package_units      numeric constraint order_line_package_units check (package_units > 0),
  -- TIME_AND_MATERIALS: on expenses, which are the delivered spend, and at most how much of them is billed.
  add column markup_percent     numeric constraint order_line_markup_percent check (markup_percent >= 0),
  add column expense_cap        numeric constraint order_line_expense_cap check (expense_cap >= 0),
  -- Who counts, and whose count bills; null: whoever delivers.
  add column delivery_source    text,
  add column third_party_source text,
  add column third_party_controls boolean not null default false,
  add column tolerance_percent  numeric not null default 10 constraint order_line_tolerance_percent check (tolerance_percent >= 0),
  add column tolerance_base     text not null default 'OWN' constraint order_line_tolerance_base check (tolerance_base in ('OWN', 'CONTROLLING')),
  add constraint order_line_minimum_has_its_window check ((minimum_amount is null) = (minimum_window is null)),
  add constraint order_line_third_party_has_its_source check (third_party_controls <= (third_party_source is not null));

-- A segment's price where it is not one rate, and its discount. Tiers: [{"up_to": "100000", "rate": "10", "flat": null}, …].
alter table term_segment
  add column tiers            jsonb,
  add column discount_percent numeric constraint term_segment_discount_percent check (discount_percent between 0 and 100);

-- Units of a line by billing period: the limit of a cap whose window is the period. They sum to the booked units.
create table period_units (
  account_id   uuid not null,
  line_id      uuid not null,
  period_first date not null,
  period_last  date not null,
  units        numeric not null constraint period_units_units check (units >= 0),
  primary key (account_id, line_id, period_first),
  foreign key (account_id, line_id) references order_line
);

-- SUBSCRIPTION: how many of it from which day on.
create table subscription_quantity (
  account_id uuid not null,
  line_id    uuid not null,
  from_day   date not null,
  quantity   numeric not null constraint subscription_quantity_quantity check (quantity >= 0),
  primary key (account_id, line_id, from_day),
  foreign key (account_id, line_id) references order_line
);

-- What a document line bills may have more kinds and a price for more than one unit.
alter table billed_to_date drop constraint billed_to_date_kind, add constraint billed_to_date_kind check (kind in
  ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'DELIVERY', 'TIER_FEE', 'EXPENSES', 'MINIMUM', 'OVER_DELIVERY'));
alter table draft_line drop constraint draft_line_kind, add constraint draft_line_kind check (kind in
  ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'DELIVERY', 'TIER_FEE', 'EXPENSES', 'MINIMUM', 'OVER_DELIVERY')),
  -- Of how many units the rate is the price (BT-149).
  add column price_base integer not null default 1 constraint draft_line_price_base check (price_base >= 1);
alter table invoice_line drop constraint draft_line_kind, add constraint draft_line_kind check (kind in
  ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'DELIVERY', 'TIER_FEE', 'EXPENSES', 'MINIMUM', 'OVER_DELIVERY')),
  add column price_base integer not null default 1 constraint invoice_line_price_base check (price_base >= 1);
alter table billed_to_date
  add column price_base integer not null default 1 constraint billed_to_date_price_base check (price_base >= 1);

-- Which accounts have other inputs of rating than before: every transaction that changes one says so. A pass over the
-- accounts keeps its snapshot, and rates again only those with a change that is not visible in it.
create table input_change (
  account_id uuid not null,
  xid        xid8 not null default pg_current_xact_id(),
  cause      text not null constraint input_change_cause check (cause in ('ORDER', 'DELIVERY', 'REFERENCE', 'TAX', 'ADJUSTMENT')),
  primary key (account_id, xid, cause)
);

grant select, insert, update, delete on period_units, subscription_quantity to invoicing_app;
grant select, insert, delete on input_change to invoicing_app;
