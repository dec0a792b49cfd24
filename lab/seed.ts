import { mkdirSync } from 'node:fs'
import { DEFAULT_SUITE } from './host-arguments.ts'
import type { Suite } from './host-arguments.ts'
import type { BuiltImage } from './images.ts'
import { seedDocker } from './seed-docker.ts'
import { seedPodman } from './seed-podman.ts'

/** An engine inside a host. */
export type NestedEngine = 'docker' | 'podman'

export const DATA_DIRECTORY: Readonly<Record<NestedEngine, string>> = {
  docker: '/var/lib/docker',
  podman: '/var/lib/containers',
}

/** Makes `target`, which must not exist, the data directory of an engine that holds `images` from the start: a Podman that of `suite`. */
export async function seedDataDirectory(
  engine: NestedEngine,
  images: readonly BuiltImage[],
  target: string,
  suite: Suite = DEFAULT_SUITE,
): Promise<void> {
  mkdirSync(target, { recursive: true, mode: 0o710 })
  if (images.length === 0) return
  await (engine === 'docker' ? seedDocker(images, target) : seedPodman(images, target, suite))
}
