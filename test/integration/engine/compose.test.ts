import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createReadStream, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { COMPOSE_COMMANDS, composeProject, findOwners } from '../../../src/node/index.ts'
import { busyboxRoot, erase, missing, NEEDS, openBed } from './bed.ts'
import type { Bed } from './bed.ts'

/** Debian 12 has Compose 1.29; ANNEAL_COMPOSE names the program of another version. */
const OTHER = process.env['ANNEAL_COMPOSE']
const COMPOSE = OTHER ?? 'docker-compose'
const IMAGE = 'localhost/anneal-compose'
const PROJECT = 'nova'

type Command = keyof typeof COMPOSE_COMMANDS

/** How each command of the table is given; the file of the project is changed before it where the command says so. */
const GIVEN: Readonly<
  Record<Command, Readonly<{ words: string; file?: 'profile' | 'another' | 'without' }>>
> = {
  ps: { words: 'ps' },
  stop: { words: 'stop' },
  up: { words: 'up -d' },
  start: { words: 'start' },
  restart: { words: 'restart -t 1' },
  'up, with a profile given to the service': { words: 'up -d', file: 'profile' },
  'up, with another image or file': { words: 'up -d', file: 'another' },
  'up --force-recreate': { words: 'up -d --force-recreate' },
  'up --remove-orphans, without the service in the file': {
    words: 'up -d --remove-orphans',
    file: 'without',
  },
  down: { words: 'down' },
  rm: { words: 'rm --force' },
}

const lacking = missing([...NEEDS.docker, ...(OTHER === undefined ? [COMPOSE] : [])])
describe(
  'Compose and a container of its project that somebody else has stopped',
  { skip: lacking ?? false },
  () => {
    let dir = ''
    let bed: Bed
    before(async () => {
      dir = mkdtempSync(join(tmpdir(), 'anneal-compose-'))
      mkdirSync(join(dir, 'project'))
      bed = await openBed('docker', { insecureRegistries: [] })
      const root = busyboxRoot(dir)
      for (const tag of ['1', '2'])
        await bed.engine.importImage(createReadStream(root), `${IMAGE}:${tag}`, { tag })
    })
    after(async () => {
      await bed?.close()
      await erase(dir)
    })

    const docker = (...words: readonly string[]): string =>
      execFileSync('docker', words, { env: environment(bed), encoding: 'utf8' }).trim()
    const compose = (words: string): void => {
      const done = spawnSync(COMPOSE, ['-p', PROJECT, ...words.split(' ')], {
        cwd: join(dir, 'project'),
        env: environment(bed),
        encoding: 'utf8',
      })
      assert.equal(done.status, 0, `${words}: ${done.stderr}`)
    }
    const write = (file?: 'profile' | 'another' | 'without'): void =>
      writeFileSync(join(dir, 'project/docker-compose.yml'), composeFile(file))
    const stopped = (): string => {
      write()
      compose('up -d')
      const id = docker('ps', '-q', '--no-trunc', '--filter', 'label=com.docker.compose.service=libvirt')
      docker('update', '--restart=no', id)
      docker('stop', '-t', '1', id)
      return id
    }
    /** What became of the container with this id, and of the service. */
    const effect = (id: string): string => {
      const all = docker(
        'ps',
        '-a',
        '--no-trunc',
        '--filter',
        'label=com.docker.compose.service=libvirt',
        '--format',
        '{{.ID}} {{.State}}',
      )
      const lines = all.split('\n').filter((line) => line !== '')
      const own = lines.find((line) => line.startsWith(id))
      if (own !== undefined) return own.endsWith('running') ? 'starts' : 'leaves'
      return lines.some((line) => line.endsWith('running')) ? 'replaces' : 'removes'
    }
    const clear = (): void => {
      const ids = docker('ps', '-aq')
        .split('\n')
        .filter((id) => id !== '')
      if (ids.length > 0) docker('rm', '-f', ...ids)
    }

    for (const [command, does] of Object.entries(COMPOSE_COMMANDS)) {
      test(`${command}: Compose ${does} it, and leaves a container without its labels alone`, () => {
        const id = stopped()
        const other = docker('run', '-d', '--network=host', `${IMAGE}:1`, 'sleep', '99')
        const { words, file } = GIVEN[command as Command]
        write(file)
        compose(words)
        assert.equal(effect(id), does)
        assert.equal(docker('inspect', '--format', '{{.State.Status}}', other), 'running')
        clear()
      })
    }

    test('`up --no-start` makes a removed container again under its name; once it runs, `up` has nothing to do', () => {
      const name = docker('inspect', '--format', '{{.Name}}', stopped())
      compose('down')
      compose('up --no-start')
      assert.equal(docker('inspect', '--format', '{{.State.Status}}', name), 'created')
      const id = docker('inspect', '--format', '{{.Id}}', name)
      docker('start', name)
      compose('up -d')
      assert.equal(docker('inspect', '--format', '{{.Id}} {{.State.Status}}', name), `${id} running`)
      clear()
    })

    test('a container with the labels of Compose is taken for its own and removed', () => {
      const id = stopped()
      const format = '{{range $k,$v := .Config.Labels}}{{$k}}={{$v}}\n{{end}}'
      const labels = docker('inspect', '--format', format, id)
        .split('\n')
        .filter((line) => line.startsWith('com.docker.compose.'))
      const like = docker(
        'run',
        '-d',
        '--network=host',
        ...labels.map((label) => `--label=${label}`),
        `${IMAGE}:1`,
        'sleep',
        '99',
      )
      compose('down -t 1')
      assert.doesNotMatch(docker('ps', '-aq', '--no-trunc'), new RegExp(like))
      clear()
    })

    test('the project, its service and its files are read from the labels of a real one', async () => {
      const container = await bed.engine.inspectContainer(stopped())
      assert.ok(container)
      const file = join(dir, 'project/docker-compose.yml')
      assert.deepEqual(composeProject(container), {
        project: PROJECT,
        service: 'libvirt',
        directory: join(dir, 'project'),
        files: [file],
      })
      const [owner] = findOwners({
        engine: await bed.engine.facts(),
        containers: [container],
        units: [],
        jobs: [],
        table: { layout: 'hybrid', hostPidNamespace: 1, processes: [] },
      })
      assert.equal(owner?.kind, 'compose')
      clear()
    })
  },
)

function environment(bed: Bed): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: bed.dir, DOCKER_HOST: `unix://${join(bed.dir, 'd.sock')}` }
}

function composeFile(change?: 'profile' | 'another' | 'without'): string {
  const service = (name: string, more: readonly string[] = []): string =>
    [
      `  ${name}:`,
      `    image: ${IMAGE}:${name === 'libvirt' && change === 'another' ? '2' : '1'}`,
      '    network_mode: host',
      '    stop_grace_period: 1s',
      '    restart: always',
      '    command: ["sleep", "99"]',
      ...more,
    ].join('\n')
  const libvirt =
    change === 'without' ? [] : [service('libvirt', change === 'profile' ? ['    profiles: [anneal]'] : [])]
  return ['version: "3.9"', 'services:', service('agent'), ...libvirt, ''].join('\n')
}
