import type { BuildingWorld, EngineOptions, NodeOptions, RunWishes } from '../app/node/index.ts'
import { ENGINE_KINDS } from '../node/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { STATE_FLAGS } from './state-flags.ts'

export const NODE_FLAGS = {
  engine: {
    kind: 'choice',
    values: ENGINE_KINDS,
    help: 'Use this engine; by default the installed one. With containerd Anneal reads pods and changes nothing',
    environment: 'ANNEAL_ENGINE',
  },
  'engine-socket': {
    kind: 'text',
    placeholder: 'PATH',
    help: 'Reach Docker, or containerd, at this socket',
    environment: 'ANNEAL_ENGINE_SOCKET',
  },
  ...STATE_FLAGS,
} as const satisfies FlagTable

type NodeFlags = FlagValues<typeof NODE_FLAGS>

export function engineOptions(
  { engine, 'engine-socket': engineSocket }: Pick<NodeFlags, 'engine' | 'engine-socket'>,
  node: BuildingWorld | undefined,
): EngineOptions {
  return {
    environment: process.env,
    ...(node === undefined ? {} : { node }),
    ...(engine === undefined ? {} : { engine }),
    ...(engineSocket === undefined ? {} : { engineSocket }),
  }
}

/** A dry run opens the state directory to read it, and creates none. */
export function nodeOptions(
  flags: NodeFlags & Readonly<{ 'dry-run'?: boolean }>,
  node: BuildingWorld | undefined,
  access: 'read' | 'write' = flags['dry-run'] === true ? 'read' : 'write',
): NodeOptions {
  return { ...engineOptions(flags, node), stateDirectory: flags.state, access }
}

export const RUN_FLAGS = {
  rescue: {
    kind: 'switch',
    help: 'Move endangered guests and helpers out of their containers first, instead of refusing',
    flagOnly: true,
  },
  'on-failure': {
    kind: 'choice',
    values: ['roll-back', 'roll-forward'],
    default: 'roll-back',
    help: 'Do this if the switch fails; roll-forward is for a switch with no safe way back',
  },
} as const satisfies FlagTable

export function runWishes(flags: FlagValues<typeof RUN_FLAGS>): RunWishes {
  return {
    rescue: flags.rescue,
    onFailure: flags['on-failure'] === 'roll-forward' ? 'rollForward' : 'rollBack',
  }
}
