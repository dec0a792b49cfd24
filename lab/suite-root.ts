import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dockerEnvironment } from './engine.ts'
import { nodeImage } from './host-arguments.ts'
import type { Suite } from './host-arguments.ts'
import { ensureImages } from './images.ts'
import { withLock } from './lock.ts'
import { labPath } from './paths.ts'
import { must, say } from './run.ts'

/**
 * The root file system of a suite's host in a directory of this machine: for programs of that suite which are to run here,
 * and not on a host. Unpacked once for each content of the image.
 */
export async function suiteRoot(suite: Suite): Promise<string> {
  const [image] = await ensureImages([nodeImage({ suite })])
  if (image === undefined) throw new Error('ensureImages gives as many images as it is asked for')
  const root = labPath('roots', `${suite}-${image.id.replace(/^sha256:/, '').slice(0, 16)}`)
  return withLock(`${root}.lock`, async () => {
    if (existsSync(root)) return root
    say(`unpacking ${nodeImage({ suite })} (once)`)
    const work = `${root}.new`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    const script = `container=$(docker create "$1")
      trap 'docker rm "$container" >/dev/null' EXIT
      docker export "$container" | tar --extract --directory "$2"`
    const argv = ['bash', '-euo', 'pipefail', '-c', script, 'bash', image.id, work]
    await must(`unpack ${nodeImage({ suite })}`, argv, { env: dockerEnvironment() })
    renameSync(work, root)
    return root
  })
}
