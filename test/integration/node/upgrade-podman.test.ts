import { upgradeBehaviour } from './support/upgrade-behaviour.ts'

upgradeBehaviour('podman')
