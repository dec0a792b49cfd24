import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import { encodeDocument } from '../../contract/index.ts'
import type { DeploymentRecords } from '../../ports/index.ts'
import { replaceFile } from './durable-file.ts'
import { raise } from './errors.ts'

/** Records of deployments as files: `metal/<uuid of the node>/<deployment>.json` below the state directory. */
export function deploymentFiles(stateDirectory: string): DeploymentRecords {
  const pathOf = (node: string, deployment: string): string =>
    join(stateDirectory, 'metal', safe(node), `${safe(deployment)}.json`)
  return {
    async save(node, deployment, record) {
      const path = pathOf(node, deployment)
      try {
        makeFolderSync(join(path, '..'), { mode: 0o700 })
      } catch (error) {
        throw raise('STATE_UNWRITABLE', { path, why: (error as Error).message }, error)
      }
      replaceFile(path, encodeDocument(record))
      return path
    },
    async read(node, deployment) {
      const path = pathOf(node, deployment)
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as unknown
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw raise('STATE_UNREADABLE', { path, why: (error as Error).message }, error)
      }
    },
  }
}

function safe(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_')
}
