-- What somebody may do with a machine goes with it.
delete from machine_access where machine_id not in (select id from machines);
alter table machine_access
  add foreign key (machine_id) references machines (id) on delete cascade;
