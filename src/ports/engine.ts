import type { EngineFacts, EngineKind } from '../node/index.ts'
import type { Containers } from './containers.ts'
import type { ImageBuilder } from './image-builder.ts'
import type { ImageRunner } from './image-runner.ts'
import type { Images } from './images.ts'

/** What a node needs so that a release can be replaced on it. One contract suite runs on every adapter. */
export interface NodeEngine extends Containers, Images, ImageRunner {
  /** How people call it. Decisions go by `facts`. */
  readonly kind: EngineKind

  /** Throws ENGINE_UNREACHABLE with the remedy for this engine. */
  facts(): Promise<EngineFacts>
}

/** An engine with everything: Docker, Podman. */
export interface Engine extends NodeEngine, ImageBuilder {}
