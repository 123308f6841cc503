-- A measure that no row of a day has was not counted.
insert into delivery_fact
select account_id, line_id, day, source_no, landing, sum(gross_impressions), sum(general_invalid), sum(sophisticated_invalid),
       sum(impressions), sum(viewable_impressions), sum(clicks), sum(views), sum(completed_views), sum(actions), sum(spend), sum(hours)
  from arriving_fact
 group by account_id, line_id, day, source_no, landing
