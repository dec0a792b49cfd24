import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { cronJobReader } from './job-reader.ts'
import { parseTable } from './parse-table.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-cron-'))
test.after(() => rmSync(dir, { recursive: true }))

function host(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(dir, 'root-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    if (text.startsWith('#!')) chmodSync(join(root, path), 0o755)
  }
  return root
}

test('lines of a table: times or a name, the user where the table has one, no settings and no comments', () => {
  const system =
    'SHELL=/bin/sh\n# docker start a\n*/5 * * * * root docker start a\n@reboot  root\tdocker start b\n'
  assert.deepEqual(parseTable(system, 'system'), [
    { schedule: '*/5 * * * *', command: 'docker start a' },
    { schedule: '@reboot', command: 'docker start b' },
  ])
  assert.deepEqual(parseTable('-*/15 * * * * docker start c\n0~30 2 * * mon docker start d\n', 'user'), [
    { schedule: '*/15 * * * *', command: 'docker start c' },
    { schedule: '0~30 2 * * mon', command: 'docker start d' },
  ])
  assert.deepEqual(parseTable('1 5 cron.daily nice run-parts /etc/cron.daily\n', 'anacron'), [
    { schedule: '1', command: 'nice run-parts /etc/cron.daily' },
  ])
  assert.deepEqual(parseTable('* * *\nnonsense\n', 'system'), [])
})

test('tables of all places and scripts of run-parts are read, where they call an engine', async () => {
  const root = host({
    'etc/crontab': '17 * * * * root cd / && run-parts /etc/cron.hourly\n0 1 * * * root docker start a\n',
    'etc/cron.d/guests': '@reboot root /opt/up\n',
    'etc/cron.d/of-logs': '0 1 * * * root logrotate\n',
    'var/spool/cron/crontabs/root': '@daily podman start b\n',
    'var/spool/cron/tabs/root': '@daily podman start c\n',
    'var/spool/cron/nova': '@hourly podman start d\n',
    'etc/crontabs/root': '@weekly docker start e\n',
    'etc/cron.hourly/up': '#!/bin/sh\ndocker start f\n',
    'etc/cron.daily/not-executable': 'docker start g\n',
    'opt/up': '#!/bin/sh\nexec docker start h\n',
  })
  const jobs = await cronJobReader({ root }).jobs()
  assert.deepEqual(
    jobs.map(({ source, schedule, scripts }) => [source, schedule, scripts.length]),
    [
      ['/etc/crontab', '0 1 * * *', 0],
      ['/etc/cron.d/guests', '@reboot', 1],
      ['/var/spool/cron/crontabs/root', '@daily', 0],
      ['/var/spool/cron/tabs/root', '@daily', 0],
      ['/var/spool/cron/nova', '@hourly', 0],
      ['/etc/crontabs/root', '@weekly', 0],
      ['/etc/cron.hourly/up', 'cron.hourly', 1],
    ],
  )
})

test('files that cron leaves out are left out: on Debian those with a dot, elsewhere those of editors and packages', async () => {
  const line = '@reboot root docker start a\n'
  const files = {
    'etc/cron.d/old.disabled': line,
    'etc/cron.d/a.rpmsave': line,
    'etc/cron.d/b~': line,
    'etc/cron.d/.c': line,
    'etc/cron.d/good': line,
  }
  const sources = async (more: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await cronJobReader({ root: host({ ...files, ...more }) }).jobs()).map(({ source }) => source).toSorted()
  assert.deepEqual(await sources({ 'etc/debian_version': '13\n' }), ['/etc/cron.d/good'])
  assert.deepEqual(await sources({}), ['/etc/cron.d/good', '/etc/cron.d/old.disabled'])
})

test('a host without cron has no jobs', async () => {
  assert.deepEqual(await cronJobReader({ root: host({ 'etc/hostname': 'x\n' }) }).jobs(), [])
})
