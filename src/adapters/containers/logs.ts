import type { Dialect } from './dialect.ts'
import type { EngineApi } from './engine-api.ts'
import { readFramesInOrder } from './frames.ts'
import { attempted } from './refusals.ts'

/** The last lines of a container's output, stdout and stderr as they came. */
export async function logs(dialect: Dialect, id: string, lines: number, since?: string): Promise<string> {
  const api = await dialect.api()
  return attempted(
    { engine: dialect.engine, action: 'read the log of container', subject: id, code: 'ENGINE_REFUSED' },
    async () => readFramesInOrder(await logStream(dialect, api, id, String(lines), since)),
  )
}

export async function logStream(
  dialect: Dialect,
  api: EngineApi,
  id: string,
  tail: string,
  since?: string,
): Promise<AsyncIterable<Buffer>> {
  return api.stream({
    method: 'GET',
    path: `${dialect.prefix}/containers/${encodeURIComponent(id)}/logs`,
    query: {
      stdout: true,
      stderr: true,
      follow: false,
      tail,
      ...(since === undefined ? {} : { since: dialect.logsSince(since) }),
    },
  })
}
