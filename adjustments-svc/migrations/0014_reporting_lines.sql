-- Who reported to whom when a request was submitted, and who has last said so: no change of the directory gives somebody a say in
-- what they were kept out of, and nobody chooses by it who may approve what they have a part in.

alter table person
  -- Null: said before it was kept.
  add column reports_to_said_by text constraint person_line_is_said_by_another check (reports_to_said_by <> account);

create table approval_reporting (
  approval_id uuid not null,
  account     text not null,
  -- To whom, of those with a part in it, and which part.
  reports_to  text not null,
  part        text not null,
  person      text not null,
  side        text not null constraint approval_reporting_side check (side = 'INVOLVED'),
  primary key (approval_id, account),
  constraint approval_reporting_is_of_a_part foreign key (approval_id, reports_to, part) references approval_involved,
  constraint approval_reporting_is_on_its_side foreign key (approval_id, person, side)
    references approval_side (approval_id, person, side)
);

grant select, insert on approval_reporting to adjustments_app;
