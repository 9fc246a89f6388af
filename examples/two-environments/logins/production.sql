-- Run once by whoever may create roles. Each login then gets its password by \password; none stands in a file.
CREATE ROLE exchange_live LOGIN;
CREATE ROLE exchange_live_worker LOGIN;
CREATE ROLE exchange_live_viewer LOGIN;
CREATE DATABASE exchange_live OWNER exchange_live;

-- The group roles; the migrations give them their rights.
CREATE ROLE exchange_live_owner;
CREATE ROLE exchange_live_sink;
CREATE ROLE exchange_live_reader;
GRANT exchange_live_sink TO exchange_live_worker;
GRANT exchange_live_reader TO exchange_live_viewer;
