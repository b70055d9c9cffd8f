/** The state of the connection, always in sight; pressed, what can be done about it. */
import type { ClientState, TransportName } from '@fullduplex/client';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import type { Strings } from '../i18n/en.js';
import { Button } from '../parts/button.js';
import { Choice } from '../parts/choice.js';
import { Popover } from '../parts/popover.js';

type Choices = TransportName | 'automatic';

export function ConnectionPill() {
  const { t } = useWords();
  const { chat, network, goOnline } = usePage();
  const state = useStore(chat.connection);
  const online = useStore(network.online);
  const reachable = useStore(network.reachable);
  const said = sayState(state, online && reachable, t);
  const only = useStore(chat.onlyTransport);
  const options = [
    ['automatic', t.automatic],
    ...(Object.entries(t.transports) as [TransportName, string][]),
  ] as readonly (readonly [Choices, string])[];
  return (
    <Popover
      label={t.connection}
      place="below"
      align="end"
      button={(props) => (
        // A change is told to those who listen; a button would keep it to itself.
        <div role="status" data-state={shownState(state)} data-transport={state.transport}>
          <button
            type="button"
            className="pill"
            title={t.connectionDetails}
            aria-label={`${t.connection}: ${said}`}
            {...props}
          >
            <span className="pill-dot" />
            <span className="cut numbers">{said}</span>
          </button>
        </div>
      )}
    >
      {() => (
        <div className="settings">
          <p className="settings-note">
            {state.status === 'connected' && state.transport
              ? t.connectedOver(t.transports[state.transport])
              : said}
          </p>
          <Choice<Choices>
            label={t.chooseTransport}
            value={only ?? 'automatic'}
            options={options}
            stacked
            onChange={(it) => chat.readOver(it === 'automatic' ? undefined : it)}
          />
          <div className="settings-foot">
            <Button onClick={() => goOnline(!online)}>{online ? t.goOffline : t.goOnline}</Button>
            <p className="settings-note">{t.offlineHelp}</p>
          </div>
        </div>
      )}
    </Popover>
  );
}

/** Catching up is a state of its own to a reader, though the client is connected meanwhile. */
function shownState(state: ClientState): string {
  return state.status === 'connected' && state.behind > 0 ? 'catching-up' : state.status;
}

/** @param network Whether this window has one: without it, it is not the server that is away. */
function sayState(state: ClientState, network: boolean, t: Strings): string {
  switch (state.status) {
    case 'connected':
      if (state.behind > 0) return t.behind(state.behind);
      return state.transport ? t.transports[state.transport] : t.connecting;
    case 'connecting':
      return state.user === undefined ? t.connecting : t.reconnecting;
    case 'offline':
      return network ? t.unreachableState : t.offline;
    case 'signed-out':
      return t.signedOut;
    case 'closed':
      return t.closed;
  }
}
