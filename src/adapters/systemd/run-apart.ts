import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'

import type { ExecResult, RunOnceOptions } from '../../ports/index.ts'
import { SYSTEM_PATH, watchWork } from '../programs/index.ts'

/**
 * What of the host a program of the host must not see or change when it is only asked something: libvirt's state and
 * logs, sockets of the system (D-Bus, machined), control groups, definitions of guests.
 */
const HIDDEN = [
  '/run',
  '/var/lib/libvirt',
  '/var/cache/libvirt',
  '/var/log/libvirt',
  '/etc/libvirt/qemu',
  '/etc/libvirt/storage',
  '/etc/libvirt/secrets',
  '/etc/libvirt/nwfilter',
  '/sys/fs/cgroup',
  '/tmp',
]

/** Every mount is private to the new namespace; $1 is the folder of the files, the rest the command. */
const SCRIPT = `
set -e
for path in ${HIDDEN.join(' ')}; do [ ! -d "$path" ] || mount -t tmpfs -o mode=0755 tmpfs "$path"; done
files=$1; shift
# Without -a: directories of the host keep the rights that they have.
cp -R "$files/." /
exec "$@"
`

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/**
 * Runs programs of the host apart from it, as an engine would in a throw-away container: pids, mounts, network, IPC and host
 * name of their own, and nothing of libvirt's state. Everything in it ends with the command, and
 * after the time: that of silence or of processor time.
 */
export async function runApart(options: RunOnceOptions): Promise<ExecResult> {
  const files = mkdtempSync('/var/tmp/anneal-apart-')
  try {
    for (const [path, text] of Object.entries(options.files ?? {})) {
      if (!HIDDEN.some((hidden) => path.startsWith(`${hidden}/`)))
        throw new Error(`a file at ${path} would be the host’s own`)
      makeFolderSync(dirname(join(files, path)))
      writeFileSync(join(files, path), text)
    }
    const command = [...(options.entrypoint ?? []), ...options.command]
    const namespaces = [
      '--mount',
      '--pid',
      '--net',
      '--ipc',
      '--uts',
      '--fork',
      '--kill-child',
      '--mount-proc',
    ]
    return await run(
      ['unshare', ...namespaces, 'sh', '-c', SCRIPT, 'sh', files, ...command],
      options.timeoutMs,
    )
  } finally {
    rmSync(files, { recursive: true, force: true })
  }
}

function run([program = '', ...argv]: readonly string[], timeoutMs: number): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8')
      child[name].on('data', (text: string) => {
        if (output[name].length < MAX_OUTPUT_BYTES) output[name] += text
      })
    }
    const watch = watchWork({ pid: child.pid, limitMs: timeoutMs })
    watch.signal.addEventListener('abort', () => child.kill('SIGKILL'))
    child.on('error', (error) => {
      watch.end()
      reject(error)
    })
    child.on('close', (code) => {
      watch.end()
      resolve({ exitCode: code ?? 137, ...output })
    })
  })
}
