/**
 * Netboot in the network namespace in which this program is started, with an HTTP server for boot scripts and programs.
 *
 *     netboot-process.ts SETTINGS DIRECTORY
 *
 * Commands come as lines of JSON: `{"serve": [machine, …]}`, `{"scripts": {"MAC": ["text", …]}}` (one for each
 * request; the last one stays), `"stop"`. Each is answered by a line;
 * a failure is `{"failed": CODE, "message", "remedy"}`. Requests of HTTP are told as `{"asked": PATH}`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { startNetboot } from '../../../../src/adapters/netboot/index.ts'
import type { NetbootMachine, NetbootSettings } from '../../../../src/conductor/index.ts'
import { isAnnealError } from '../../../../src/core/index.ts'

type Command =
  | Readonly<{ serve: readonly NetbootMachine[] }>
  | Readonly<{ scripts: Record<string, string[]> }>
  | 'stop'

const settings = JSON.parse(process.argv[2] ?? '') as NetbootSettings
const directory = process.argv[3] ?? ''

function tell(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

function tellFailure(error: unknown): void {
  const { message, remedy, code } = isAnnealError(error)
    ? error
    : { message: String(error), remedy: '', code: 'UNKNOWN' }
  tell({ failed: code, message, remedy })
}

let scripts: Record<string, string[]> = {}

const web = createServer((request, response) => {
  const url = new URL(request.url ?? '/', settings.bootUrl)
  tell({ asked: request.url })
  const program = join(directory, 'boot-programs', basename(url.pathname))
  const left = scripts[url.searchParams.get('mac') ?? ''] ?? []
  const script = left.length > 1 ? left.shift() : left[0]
  if (url.pathname === '/boot/ipxe' && script !== undefined) response.end(script)
  else if (url.pathname.startsWith('/boot/program/') && existsSync(program)) {
    const bytes = readFileSync(program)
    response.writeHead(200, { 'content-type': 'application/efi', 'content-length': bytes.length })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  } else response.writeHead(404).end()
})

try {
  const netboot = await startNetboot(settings, directory)
  void netboot.ended.then(tellFailure)
  const { port, hostname } = new URL(settings.bootUrl)
  await new Promise<void>((resolve) => web.listen(Number(port), hostname, resolve))
  tell('started')
  for await (const line of createInterface(process.stdin)) {
    const command = JSON.parse(line) as Command
    try {
      if (command === 'stop') await netboot.stop()
      else if ('serve' in command) await netboot.serve(command.serve)
      else scripts = command.scripts
      tell('done')
    } catch (error) {
      tellFailure(error)
    }
    if (command === 'stop') break
  }
} catch (error) {
  tellFailure(error)
}
process.exit()
