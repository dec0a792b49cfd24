import { rescueBehaviour } from './support/rescue-behaviour.ts'

rescueBehaviour({
  what: 'a host with systemd, without machined',
  spec: { name: 'rescue-systemd', init: 'systemd', machined: false },
  method: 'systemd',
  faults: [
    { name: 'no cgroup bind', engine: 'docker', without: ['cgroup bind'] },
    { name: 'nothing left out', engine: 'podman', without: [] },
  ],
})
