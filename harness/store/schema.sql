-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- results/index.sqlite: what `kernsoak ls` asks, and anybody with sqlite3(1). Derived only: every
-- row comes from the run folders, the file may be deleted at any time, and rows have natural keys,
-- so that an index built from nothing equals one that grew. Raise SCHEMA_VERSION in index.c with
-- every change here.

create table run (
	run         text primary key,         -- the folder's name
	scenario    text not null,
	started_s   integer,                  -- seconds since 1970
	state       text not null,            -- the journal's last word: open, stopped, done
	why         text not null,
	planned     integer not null,         -- trials in plan.json, added ones not counted
	fingerprint integer not null          -- of the files that this was read from
) without rowid;

create table arm (
	run         text not null references run on delete cascade,
	position    integer not null,         -- in the scenario's order, from 0
	arm         text not null,
	primary key (run, position)
) without rowid;

create table trial (
	run         text not null references run on delete cascade,
	trial       integer not null,         -- 17: trials/000017
	arm         text not null,
	block       integer,
	slot        integer,
	seed        integer,
	outcome     text not null,            -- FAILED OTHER SURVIVED STOPPED INFRA
	final       integer not null,         -- 0: running, or interrupted before its verdict
	step        text not null,
	reason      text not null,
	exposure_ns integer,
	exposure_work real,                   -- in unit; null: not known
	unit        text not null,
	boot_ns     integer,
	settle_ns   integer,
	started_s   integer,
	wall_ns     integer,
	kernel      text not null,            -- uname -r of the guest
	accel       text not null,
	host_load   real,
	host_steal  real,
	vcpu_ns     integer,
	reader_lag_ns integer,
	n_sightings integer,
	primary key (run, trial)
) without rowid;

create table sighting (
	run         text not null,
	trial       integer not null,
	position    integer not null,         -- 0: the one that decided; 1...: others, in order
	id          text not null,            -- the crash id: same bug, same id
	id_fine     text not null,
	class       text not null,
	severity    text not null,
	title       text not null,            -- the guest's words: sanitise before printing
	function    text not null,
	module      text not null,
	integrity   text not null,
	panicked    integer not null,
	console_offset integer,               -- bytes of console.log
	console_end integer,
	at_ns       integer,
	guest_s     real,
	repeats     integer,
	primary key (run, trial, position),
	foreign key (run, trial) references trial on delete cascade
) without rowid;

create index sighting_id on sighting (id);

-- The crashes of all runs, most frequent first: one row a bug.
create view bucket as
	select s.id, min(s.title) as title, count(*) as trials, count(distinct s.run) as runs,
	       min(t.started_s) as first_s, max(t.started_s) as last_s
	from sighting s join trial t using (run, trial)
	where s.position = 0 and t.outcome in ('FAILED', 'OTHER')
	group by s.id
	order by trials desc, s.id;
