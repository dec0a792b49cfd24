import { join } from 'node:path'
import { placeBootFiles } from '../../fixtures/conductor/index.ts'
import { runCommand, runCommandWatched } from './run-command.ts'
import type { Ran } from './run-command.ts'
import type { Scenario } from './scenario.ts'

/** The conductor serves, has a machine without a BMC, and says what a person has to do. */
export function conductorScenarios(directory: string): readonly Scenario[] {
  return [
    { name: 'metal serve, and metal status of its machine', run: () => serve(join(directory, 'conductor')) },
  ]
}

async function serve(directory: string): Promise<Ran> {
  placeBootFiles(directory)
  const enough = new AbortController()
  const ready = Promise.withResolvers<string>()
  const told = Promise.withResolvers<void>()
  const anyPort = '127.0.0.1:0'
  const words = ['metal', 'serve', '--dhcp', 'none', '--listen', anyPort, '--machines', anyPort]
  words.push('--state', directory, '--ramdisk-dir', directory)
  const serving = runCommandWatched(
    enough.signal,
    (line) => {
      const { event, api } = JSON.parse(line) as Readonly<{ event?: string; api?: string }>
      if (event === 'ready') ready.resolve(api ?? '')
      if (event === 'machine') told.resolve()
    },
    ...words,
  )
  const failed = serving.then(({ stderr }): never => {
    throw new Error(`the conductor ended: ${stderr}`)
  })
  failed.catch(() => undefined)
  try {
    const url = `http://${await Promise.race([ready.promise, failed])}`
    const at = ['--conductor', url]
    const { uuid } = await create(`${url}/v1/nodes`, { name: 'hand', driver: 'manual-management' })
    await create(`${url}/v1/ports`, { node_uuid: uuid, address: '52:54:00:12:34:56' })
    const providing = new AbortController()
    const provided = runCommandWatched(providing.signal, () => undefined, 'metal', 'provide', 'hand', ...at)
    provided.catch(() => undefined)
    await Promise.race([told.promise, failed])
    const status = runCommand('metal', 'status', ...at)
    await status
    providing.abort()
    await provided.catch(() => undefined)
    enough.abort()
    const { exit, stderr } = await serving
    const { stdout } = await status
    return { exit, stdout, stderr }
  } finally {
    enough.abort()
    await serving
  }
}

async function create(url: string, members: object): Promise<Readonly<{ uuid: string }>> {
  const headers = { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(members) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Readonly<{ uuid: string }>
}
