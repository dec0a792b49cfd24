import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { writeSecret } from './prepared.ts'
import type { Service } from './service.ts'

const PORT = 5672
const USER = 'lab'

/** Puts the message broker's configuration into `directory`. Gives the URL by which Nova and Neutron reach it. */
export function placeRabbit(directory: string, address: string): string {
  mkdirSync(join(directory, 'log'), { recursive: true })
  const password = randomBytes(12).toString('hex')
  writeSecret(
    join(directory, 'rabbitmq.conf'),
    [
      `listeners.tcp.1 = ${address}:${PORT}`,
      `default_user = ${USER}`,
      `default_pass = ${password}`,
      // It would look for more memory than a test bed needs before it takes messages.
      'vm_memory_high_watermark.absolute = 512MB',
      '',
    ].join('\n'),
  )
  writeFileSync(join(directory, 'plugins'), '[].\n')
  return `rabbit://${USER}:${password}@${address}:${PORT}/`
}

export function rabbitService(directory: string, address: string): Service {
  return {
    name: 'rabbitmq',
    // Not the script on the path, which would change to Debian's own user.
    argv: ['sh', '-c', 'ulimit -n 16384; exec /usr/lib/rabbitmq/bin/rabbitmq-server'],
    env: {
      HOME: directory,
      RABBITMQ_NODENAME: 'rabbit@localhost',
      RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
      RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
      RABBITMQ_LOG_BASE: join(directory, 'log'),
      RABBITMQ_PID_FILE: join(directory, 'pid'),
      // One scheduler and no busy waiting: there is next to nothing to do.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none',
    },
    ready: () => accepts(address, PORT),
  }
}

function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address)
    const end = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, end(false))
    socket.on('connect', end(true))
    socket.on('error', end(false))
  })
}
