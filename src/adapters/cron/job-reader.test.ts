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
  const commands = (...of: Parameters<typeof parseTable>) =>
    parseTable(...of).map(({ schedule, command }) => ({ schedule, command }))
  assert.deepEqual(commands(system, 'system'), [
    { schedule: '*/5 * * * *', command: 'docker start a' },
    { schedule: '@reboot', command: 'docker start b' },
  ])
  assert.deepEqual(commands('-*/15 * * * * docker start c\n0~30 2 * * mon docker start d\n', 'user'), [
    { schedule: '*/15 * * * *', command: 'docker start c' },
    { schedule: '0~30 2 * * mon', command: 'docker start d' },
  ])
  assert.deepEqual(commands('1 5 cron.daily nice run-parts /etc/cron.daily\n', 'anacron'), [
    { schedule: '1', command: 'nice run-parts /etc/cron.daily' },
  ])
  assert.deepEqual(parseTable('* * *\nnonsense\n', 'system'), [])
})

test('settings of a table are put into its commands, and `%` ends a line', () => {
  const of = (text: string) => parseTable(text, 'user').map(({ command }) => command)
  assert.deepEqual(of('E=podman\nNAME = "nova libvirt"\n@reboot $E start ${NAME} $HOME\n'), [
    'podman start nova libvirt $HOME',
  ])
  assert.deepEqual(of('@daily xargs docker start%a%b\n@daily date +\\%s\n'), [
    'xargs docker start\na\nb',
    'date +%s',
  ])
  assert.deepEqual(parseTable('PATH=/opt/bin:/bin\n@daily up\n', 'user')[0]?.path, ['/opt/bin', '/bin'])
})

test('a script is found by its name, below a `cd`, without a `#!` behind a shell, in a folder of run-parts, and behind another', async () => {
  const call = 'docker start a\n'
  const root = host({
    'etc/cron.d/jobs': [
      'PATH=/opt/bin:/bin',
      '@daily root by-name --now',
      '@daily root cd /opt/jobs && ./below',
      '@daily root sh -e /opt/jobs/plain',
      '@daily root run-parts --report /opt/parts',
      '@daily root flock -n /run/x /opt/jobs/outer',
      '@daily root /opt/jobs/plain',
      '@daily root absent',
      '@daily root systemctl --quiet restart nova.service',
      '',
    ].join('\n'),
    'opt/bin/by-name': `#!/bin/sh\n${call}`,
    'opt/jobs/below': `#!/bin/sh\n${call}`,
    'opt/jobs/plain': call,
    'opt/jobs/outer': '#!/bin/sh\nexec /opt/jobs/inner\n',
    'opt/jobs/inner': `#!/bin/sh\n${call}`,
    'opt/parts/one': `#!/bin/sh\n${call}`,
    'opt/parts/two.off': `#!/bin/sh\n${call}`,
  })
  const jobs = await cronJobReader({ root }).jobs()
  assert.deepEqual(
    jobs.map(({ starts, scripts }) => [starts[0], scripts.length]),
    [
      ['by-name --now', 1],
      ['cd /opt/jobs && ./below', 1],
      ['sh -e /opt/jobs/plain', 1],
      ['run-parts --report /opt/parts', 1],
      ['flock -n /run/x /opt/jobs/outer', 2],
      ['systemctl --quiet restart nova.service', 0],
    ],
  )
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
  // cron(8) of Debian: -l takes names with dots, too.
  const lsb = { 'etc/debian_version': '13\n', 'etc/default/cron': '#EXTRA_OPTS=""\nEXTRA_OPTS="-l"\n' }
  assert.deepEqual(await sources(lsb), ['/etc/cron.d/good', '/etc/cron.d/old.disabled'])
})

test('a host without cron has no jobs', async () => {
  assert.deepEqual(await cronJobReader({ root: host({ 'etc/hostname': 'x\n' }) }).jobs(), [])
})
