import { expect, test } from 'vitest';
import { renderSink } from '../../../../connectors/render/render-sink.ts';
import { connectorKeys } from '../../../../connectors/settings/connector-keys.ts';
import type { SinkConfig } from '../../../../connectors/sink-config.ts';
import { connectorDrift, observeConnector } from '../../../../contract/drift/connector.ts';
import { placeSink } from '../../../../contract/rendered-sink.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { positions as stream, staging } from '../../../support/positions-stream.ts';
