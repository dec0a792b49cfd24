import { request } from 'node:http'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { imageReference } from '../image-recipe.ts'
import { libvirtHypervisor } from '../../src/adapters/libvirt/index.ts'

/** Docker's API of the host that this runs on, without a client's start-up time in what is measured. */
export function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: '/var/run/docker.sock', method, path, headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => {
          if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${text.trim()}`))
          else resolve((text === '' || path.includes('/logs') ? text : JSON.parse(text)) as T)
        })
      },
    )
    call.on('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const BINDS = [
  '/sys/fs/cgroup',
  '/run/dbus',
  '/dev',
  '/run/libvirt',
  '/var/lib/libvirt',
  '/etc/libvirt/qemu',
  '/var/log/libvirt',
  '/var/lib/nova',
]

export type Made = Readonly<{ name: string; image: string; cache?: string; command?: readonly string[] }>

/** Creates a libvirt container of the usual arrangement; `cache` is the host's directory for /var/cache/libvirt. */
export async function create(made: Made): Promise<void> {
  await remove(made.name)
  await api('POST', `/containers/create?name=${made.name}`, {
    Image: imageReference(made.image),
    ...(made.command === undefined ? {} : { Cmd: made.command }),
    Env: ['STDIO_HANDLER=file'],
    HostConfig: {
      Privileged: true,
      NetworkMode: 'host',
      PidMode: 'host',
      CgroupnsMode: 'host',
      Binds: [
        ...BINDS.map((path) => `${path}:${path}`),
        ...(made.cache === undefined ? [] : [`${made.cache}:/var/cache/libvirt`]),
      ],
    },
  })
}

export async function remove(name: string): Promise<void> {
  await api('DELETE', `/containers/${name}?force=1`).catch(() => undefined)
}

/** The libvirtd that runs now; it is not the first process of its container. */
export function libvirtdPid(): number {
  return Number(readFileSync('/run/libvirt/qemu/driver.pid', 'utf8'))
}

/** Resolves, with the time, when the process is gone or a zombie. */
export async function gone(pid: number): Promise<number> {
  while (existsSync(`/proc/${pid}`) && !zombie(pid)) await sleep(1)
  return performance.now()
}

function zombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/** Resolves, with the time, when libvirt answers a whole open of its API. */
export async function answers(): Promise<number> {
  const libvirt = libvirtHypervisor()
  for (;;) {
    try {
      await libvirt.ping(2000)
      return performance.now()
    } catch {
      await sleep(3)
    }
  }
}
