-- Run once by whoever may create roles. Each login then gets its password by \password; none stands in a file.
CREATE ROLE exchange LOGIN;
CREATE ROLE exchange_worker LOGIN;
CREATE ROLE exchange_viewer LOGIN;
CREATE DATABASE exchange OWNER exchange;

-- The group roles; the migrations give them their rights.
CREATE ROLE exchange_owner;
CREATE ROLE exchange_sink;
CREATE ROLE exchange_reader;
GRANT exchange_sink TO exchange_worker;
GRANT exchange_reader TO exchange_viewer;
