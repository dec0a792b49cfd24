import type { EngineOptions, NodeOptions, RunWishes } from '../app/node/index.ts'
import type { FlagTable, FlagValues } from './command.ts'

export const NODE_FLAGS = {
  engine: {
    kind: 'choice',
    values: ['docker', 'podman'],
    help: 'container engine; by default the one that is installed',
    environment: 'ANNEAL_ENGINE',
  },
  'engine-socket': {
    kind: 'text',
    placeholder: 'PATH',
    help: 'socket of the Docker engine',
    environment: 'ANNEAL_ENGINE_SOCKET',
  },
  state: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'directory of the journal, the history and the releases',
    default: '/var/lib/anneal',
    environment: 'ANNEAL_STATE',
  },
} as const satisfies FlagTable

type NodeFlags = FlagValues<typeof NODE_FLAGS>

export function engineOptions({
  engine,
  'engine-socket': engineSocket,
}: Pick<NodeFlags, 'engine' | 'engine-socket'>): EngineOptions {
  return {
    environment: process.env,
    ...(engine === undefined ? {} : { engine }),
    ...(engineSocket === undefined ? {} : { engineSocket }),
  }
}

export function nodeOptions(flags: NodeFlags): NodeOptions {
  return { ...engineOptions(flags), stateDirectory: flags.state }
}

export const RUN_FLAGS = {
  rescue: {
    kind: 'switch',
    help: 'move endangered guests and helpers out of their containers first, instead of refusing',
    flagOnly: true,
  },
  'on-failure': {
    kind: 'choice',
    values: ['roll-back', 'roll-forward'],
    default: 'roll-back',
    help: 'what a failed switch does; roll-forward is for a switch with no safe way back',
  },
} as const satisfies FlagTable

export function runWishes(flags: FlagValues<typeof RUN_FLAGS>): RunWishes {
  return {
    rescue: flags.rescue,
    onFailure: flags['on-failure'] === 'roll-forward' ? 'rollForward' : 'rollBack',
  }
}
