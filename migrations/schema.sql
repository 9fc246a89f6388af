CREATE FUNCTION public.keep_newest_delivery() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- In one partition, and yet not the higher offset: see WHEN.
    IF NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset IS NOT NULL AND OLD.kafka_offset IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE public.positions (
    id bigint NOT NULL,
    position_account character varying(44) NOT NULL,
    position_index integer NOT NULL,
    owner character varying(44) NOT NULL,
    signature character varying(88) NOT NULL,
    slot bigint NOT NULL,
    block_time timestamp without time zone NOT NULL,
    symbol character varying(20) NOT NULL,
    side character varying(10) NOT NULL,
    size numeric(38,8) NOT NULL,
    entry_price numeric(38,6) NOT NULL,
    mark_price numeric(38,6) NOT NULL,
    margin numeric(38,6) NOT NULL,
    leverage smallint NOT NULL,
    unrealized_pnl numeric(38,6) NOT NULL,
    realized_pnl numeric(38,6) NOT NULL,
    funding_accrued numeric(38,6) NOT NULL,
    liquidation_price numeric(38,6) NOT NULL,
    status character varying(20) NOT NULL,
    event_type character varying(20) NOT NULL,
    created_at timestamp without time zone DEFAULT (now() AT TIME ZONE 'utc'::text),
    kafka_partition integer,
    kafka_offset bigint
);

COMMENT ON TABLE public.positions IS 'Append-only history of position states, one row per position and transaction signature. The highest (slot, kafka_offset) of a position is its current state.';

COMMENT ON COLUMN public.positions.position_account IS 'Solana account of the position (PDA), base58';

COMMENT ON COLUMN public.positions.position_index IS 'Number of the position among its owner''s, from 0';

COMMENT ON COLUMN public.positions.owner IS 'Wallet of the owner, base58';

COMMENT ON COLUMN public.positions.signature IS 'Transaction signature, base58; synthetic for a PNL_UPDATE without a transaction';

COMMENT ON COLUMN public.positions.slot IS 'Solana slot number';

COMMENT ON COLUMN public.positions.block_time IS 'Time of the block, UTC, milliseconds';

COMMENT ON COLUMN public.positions.symbol IS 'Market, e.g. BTC-USD';

COMMENT ON COLUMN public.positions.side IS 'Long or Short';

COMMENT ON COLUMN public.positions.size IS 'Size in the base asset';

COMMENT ON COLUMN public.positions.entry_price IS 'Average entry price, quote currency';

COMMENT ON COLUMN public.positions.mark_price IS 'Mark price at this update, quote currency';

COMMENT ON COLUMN public.positions.margin IS 'Margin, quote currency';

COMMENT ON COLUMN public.positions.leverage IS 'Leverage, whole multiples';

COMMENT ON COLUMN public.positions.unrealized_pnl IS 'Unrealized profit and loss, quote currency';

COMMENT ON COLUMN public.positions.realized_pnl IS 'Realized profit and loss, quote currency';

COMMENT ON COLUMN public.positions.funding_accrued IS 'Funding accrued, quote currency';

COMMENT ON COLUMN public.positions.liquidation_price IS 'Mark price at which the position is liquidated, quote currency';

COMMENT ON COLUMN public.positions.status IS 'Opening, Open, Modifying, Closing, Closed or Liquidating';

COMMENT ON COLUMN public.positions.event_type IS 'OPENED, MODIFIED, CLOSED, LIQUIDATED or PNL_UPDATE';

COMMENT ON COLUMN public.positions.created_at IS 'When the row was first written, UTC';

COMMENT ON COLUMN public.positions.kafka_partition IS 'Partition of the topic that the row''s record stands in';

COMMENT ON COLUMN public.positions.kafka_offset IS 'Offset of the row''s record in its partition; orders the updates of one position, which all stand in one partition';

CREATE VIEW public.current_positions AS
 SELECT DISTINCT ON (position_account) position_account,
    position_index,
    owner,
    signature,
    slot,
    block_time,
    symbol,
    side,
    size,
    entry_price,
    mark_price,
    margin,
    leverage,
    unrealized_pnl,
    realized_pnl,
    funding_accrued,
    liquidation_price,
    status,
    event_type
   FROM public.positions
  ORDER BY position_account, slot DESC, kafka_offset DESC NULLS LAST, id DESC;

COMMENT ON VIEW public.current_positions IS 'The newest state of each position: highest slot, inside a slot the highest kafka_offset. Amounts and times as in positions';

CREATE VIEW public.daily_pnl_snapshots AS
 SELECT owner,
    symbol,
    snapshot_day,
    sum(unrealized_pnl) AS total_unrealized_pnl,
    sum(realized_pnl) AS total_realized_pnl,
    sum(funding_accrued) AS total_funding,
    count(*) AS position_count
   FROM ( SELECT DISTINCT ON (positions.position_account, (date_trunc('day'::text, positions.block_time))) positions.owner,
            positions.symbol,
            date_trunc('day'::text, positions.block_time) AS snapshot_day,
            positions.unrealized_pnl,
            positions.realized_pnl,
            positions.funding_accrued
           FROM public.positions
          ORDER BY positions.position_account, (date_trunc('day'::text, positions.block_time)), positions.slot DESC, positions.kafka_offset DESC NULLS LAST, positions.id DESC) last_of_day
  GROUP BY owner, symbol, snapshot_day
  ORDER BY snapshot_day DESC;

COMMENT ON VIEW public.daily_pnl_snapshots IS 'Per owner, market and UTC day: the sum, in quote currency, over positions of each position''s last state of that day. Not the sum over all updates of the day: these are running values, and each further update would count its position once more';

CREATE TABLE public.funding_payments (
    id bigint NOT NULL,
    position_account character varying(44) NOT NULL,
    owner character varying(44) NOT NULL,
    signature character varying(88) NOT NULL,
    slot bigint NOT NULL,
    block_time timestamp without time zone NOT NULL,
    symbol character varying(20) NOT NULL,
    rate numeric(38,12) NOT NULL,
    amount numeric(38,6) NOT NULL,
    created_at timestamp without time zone DEFAULT (now() AT TIME ZONE 'utc'::text),
    kafka_partition integer,
    kafka_offset bigint
);

COMMENT ON TABLE public.funding_payments IS 'One row per position and transaction that settled funding';

COMMENT ON COLUMN public.funding_payments.position_account IS 'Solana account of the position (PDA), base58';

COMMENT ON COLUMN public.funding_payments.owner IS 'Wallet of the owner, base58';

COMMENT ON COLUMN public.funding_payments.signature IS 'Transaction signature, base58';

COMMENT ON COLUMN public.funding_payments.slot IS 'Solana slot number';

COMMENT ON COLUMN public.funding_payments.block_time IS 'Time of the block, UTC, milliseconds';

COMMENT ON COLUMN public.funding_payments.symbol IS 'Market, e.g. BTC-USD';

COMMENT ON COLUMN public.funding_payments.rate IS 'Funding rate of the interval as a fraction of the notional';

COMMENT ON COLUMN public.funding_payments.amount IS 'Amount, quote currency; negative was paid, positive received';

COMMENT ON COLUMN public.funding_payments.created_at IS 'When the row was first written, UTC';

COMMENT ON COLUMN public.funding_payments.kafka_partition IS 'Partition of the topic that the row''s record stands in';

COMMENT ON COLUMN public.funding_payments.kafka_offset IS 'Offset of the row''s record in its partition';

CREATE SEQUENCE public.funding_payments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.funding_payments_id_seq OWNED BY public.funding_payments.id;

CREATE SEQUENCE public.positions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.positions_id_seq OWNED BY public.positions.id;

CREATE VIEW public.user_statistics AS
 SELECT owner,
    count(*) AS total_positions,
    count(*) FILTER (WHERE ((status)::text = 'Closed'::text)) AS closed_positions,
    count(*) FILTER (WHERE ((status)::text = 'Liquidating'::text)) AS liquidated_positions,
    COALESCE(sum(realized_pnl) FILTER (WHERE ((status)::text = 'Closed'::text)), (0)::numeric) AS total_realized_pnl,
    COALESCE(sum(unrealized_pnl) FILTER (WHERE ((status)::text = ANY ((ARRAY['Open'::character varying, 'Opening'::character varying, 'Modifying'::character varying])::text[]))), (0)::numeric) AS total_unrealized_pnl,
    count(*) FILTER (WHERE (((status)::text = 'Closed'::text) AND (realized_pnl > (0)::numeric))) AS win_count,
    count(*) FILTER (WHERE (((status)::text = 'Closed'::text) AND (realized_pnl < (0)::numeric))) AS loss_count,
    max(block_time) AS last_activity
   FROM public.current_positions
  GROUP BY owner;

COMMENT ON VIEW public.user_statistics IS 'Per owner, over the current state of each of its positions; amounts in quote currency, last_activity in UTC';

ALTER TABLE ONLY public.funding_payments ALTER COLUMN id SET DEFAULT nextval('public.funding_payments_id_seq'::regclass);

ALTER TABLE ONLY public.positions ALTER COLUMN id SET DEFAULT nextval('public.positions_id_seq'::regclass);

ALTER TABLE ONLY public.funding_payments
    ADD CONSTRAINT funding_payments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_pkey PRIMARY KEY (id);

CREATE INDEX idx_block_time ON public.positions USING btree (block_time DESC);

CREATE INDEX idx_funding_owner_time ON public.funding_payments USING btree (owner, block_time DESC);

CREATE INDEX idx_liquidation ON public.positions USING btree (symbol, side, liquidation_price, slot DESC);

CREATE INDEX idx_owner_slot ON public.positions USING btree (owner, slot DESC);

CREATE INDEX idx_position_slot ON public.positions USING btree (position_account, slot DESC);

CREATE INDEX idx_signature ON public.positions USING btree (signature);

CREATE INDEX idx_status ON public.positions USING btree (status, slot DESC);

CREATE INDEX idx_symbol_slot ON public.positions USING btree (symbol, slot DESC);

CREATE UNIQUE INDEX idx_unique_funding_payment ON public.funding_payments USING btree (position_account, signature);

CREATE UNIQUE INDEX idx_unique_position_signature ON public.positions USING btree (position_account, signature);

CREATE TRIGGER funding_payments_keep_newest_delivery BEFORE UPDATE ON public.funding_payments FOR EACH ROW WHEN ((((new.kafka_partition = old.kafka_partition) AND (new.kafka_offset > old.kafka_offset)) IS NOT TRUE)) EXECUTE FUNCTION public.keep_newest_delivery();

CREATE TRIGGER positions_keep_newest_delivery BEFORE UPDATE ON public.positions FOR EACH ROW WHEN ((((new.kafka_partition = old.kafka_partition) AND (new.kafka_offset > old.kafka_offset)) IS NOT TRUE)) EXECUTE FUNCTION public.keep_newest_delivery();
