/** What the page says in English; the other tables have the same keys, or they do not compile. */
import type { ClientErrorCode, TransportName } from '@fullduplex/client';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export const en = {
  product: 'Fullduplex',
  tagline: 'Chat in groups and one to one, live.',

  // Signing in
  yourName: 'Your name',
  nameHint: 'Letters and digits of any script, and _ . -',
  start: 'Start chatting',
  starting: 'Joining…',
  signedOutNotice: 'You were signed out. Choose your name to go on.',
  nameEmpty: 'Choose a name first.',
  nameTaken: (name: string) => `Someone called ${name} is here right now.`,
  nameTakenHelp: 'Choose another name, or go on if that is you in another window.',
  takeName: (name: string) => `Use ${name}`,
  itIsMe: 'It’s me, continue',
  unreachable: 'The server cannot be reached. Try again in a moment.',
  guestsOff: 'This server does not take guests. Open the page from the app that signs you in.',

  // Connection
  connecting: 'Connecting…',
  reconnecting: 'Reconnecting…',
  transports: {
    websocket: 'WebSocket',
    sse: 'SSE',
    'long-polling': 'Long polling',
    polling: 'Polling',
  } satisfies Record<TransportName, string>,
  behind: (count: number) => `${plural(count, 'message', 'messages')} behind`,
  offline: 'Offline',
  offlineNote: 'You’re offline. Will send when back.',
  offlineByChoice: 'You went offline. Will send when back.',
  retryIn: (wait: string) => `Trying again ${wait}.`,
  retryNow: 'Try now',
  goOnline: 'Go online',
  goOffline: 'Go offline',
  signedOut: 'Signed out',
  closed: 'Disconnected',
  serverStopping: 'The server is stopping. Will send when it’s back.',
  connection: 'Connection',
  connectionDetails: 'Connection details',
  connectedOver: (transport: string) => `Connected over ${transport}.`,
  chooseTransport: 'Read over',
  automatic: 'Automatic',
  offlineHelp: 'Cuts this window off, as a tunnel would.',

  // Sidebar
  rooms: 'Rooms',
  people: 'People',
  noPeople: 'Nobody else is here yet.',
  browseRooms: 'Browse rooms',
  pickOne: 'Choose a conversation.',
  newRoom: 'New room',
  find: 'Find or start a chat',
  unread: (count: number) => (count >= 100 ? '99+ unread' : `${count} unread`),
  unreadCount: (count: number) => (count >= 100 ? '99+' : String(count)),
  here: 'here now',
  away: 'away',
  privateRoom: 'private',
  conversations: 'Conversations',
  yourself: (name: string) => `${name} (you)`,

  // Settings
  settings: 'Settings',
  theme: 'Theme',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  language: 'Language',
  secondWindow: 'Open a second window',
  signOut: 'Sign out',

  // Conversation
  back: 'Back to conversations',
  details: 'Details',
  members: (count: number) => plural(count, 'member', 'members'),
  hereCount: (count: number) => `${count} here`,
  messages: 'Messages',
  loading: 'Loading messages…',
  loadingOlder: 'Loading older messages…',
  loadFailed: 'The messages could not be loaded.',
  tryAgain: 'Try again',
  startOfRoom: (name: string) => `This is the start of ${name}`,
  startOfDirect: (name: string) => `You and ${name}`,
  emptyRoom: 'Nothing has been written yet. Say hello, or invite someone.',
  emptyDirect: 'Only the two of you see this. If they are away, it waits for them.',
  emptyNotes: 'Only you see this: a place for notes.',
  lobbyTitle: 'Welcome to the lobby',
  lobbyIntro: 'Everyone starts here. Three things to try:',
  tipWindow: ['Open a second window', ' as someone else, and write to yourself.'] as readonly [
    string,
    string,
  ],
  tipOffline: ['Go offline', ', write something, and come back: it is sent once, in order.'] as readonly [
    string,
    string,
  ],
  tipDirect: ['Write to one person', ': pick someone under People, even someone who is away.'] as readonly [
    string,
    string,
  ],
  newSince: 'New since you were here',
  newMessages: (count: number) => plural(count, 'new message', 'new messages'),
  toNewest: 'Go to the newest messages',
  gapRetention: (count: number) =>
    count === 1 ? 'One older entry is no longer kept.' : `${count} older entries are no longer kept.`,
  gapEpoch: 'The server’s log began anew here. What was before is gone.',
  joined: (names: string) => `${names} joined`,
  joinedBy: (names: string, by: string) => `${by} added ${names}`,
  left: (names: string) => `${names} left`,
  notices: (count: number) => `${plural(count, 'person', 'people')} came or went`,
  published: 'published data',
  today: 'Today',
  yesterday: 'Yesterday',
  justNow: 'just now',

  // Message
  pending: 'Sending',
  waiting: 'Waiting to send',
  sent: 'Sent',
  notSent: 'Not sent.',
  retry: 'Try again',
  discard: 'Discard',
  edited: 'edited',
  deleted: 'This message was deleted.',
  edit: 'Edit',
  remove: 'Delete',
  removeAsk: 'Delete this message?',
  react: 'React',
  copy: 'Copy text',
  copied: 'Copied',
  cancel: 'Cancel',
  messageActions: 'Message actions',
  reactWith: (reaction: string) => `React with ${reaction}`,

  // Composer
  writeTo: (name: string) => `Message ${name}`,
  send: 'Send',
  sendHint: 'Enter sends · Shift+Enter for a new line',
  editing: 'Editing your message',
  editHint: 'Enter saves · Escape cancels',
  save: 'Save',
  typing: (names: string, count: number) => `${names} ${count === 1 ? 'is' : 'are'} typing…`,
  severalTyping: 'Several people are typing…',
  feedNote: 'Only the server writes here.',
  previewing: (name: string) => `You are looking into ${name}.`,
  join: 'Join',
  joinRoom: 'Join to write',
  denied: 'This conversation is not open to you',
  deniedHelp: 'It may be private, or the name may be misspelt. Someone in it can invite you.',
  goToLobby: 'Go to the lobby',

  // Details
  close: 'Close',
  invite: 'Invite someone',
  inviteName: 'Their name',
  inviteSend: 'Invite',
  invited: (name: string) => `${name} is in the room now.`,
  leave: 'Leave room',
  leaveAsk: (name: string) => `Leave ${name}?`,
  leavePrivate: 'You can come back only when someone invites you.',
  leavePublic: 'You can join again at any time.',
  publicRoomNote: 'Public: everyone can find and join it.',
  privateRoomNote: 'Private: only its members see it.',
  owner: 'owner',
  copyLink: 'Copy link',
  writeToPerson: (name: string) => `Write to ${name}`,

  // Rooms
  roomName: 'Room name',
  makePrivate: 'Private',
  makePrivateHelp: 'Only people who are invited see it.',
  create: 'Create room',
  creating: 'Creating…',
  searchRooms: 'Search rooms',
  noRooms: 'No room is called that.',
  noRoomsYet: 'There are no other rooms yet.',
  open: 'Open',

  // Switcher
  switcher: 'Find a conversation',
  switcherField: 'Name of a room or a person',
  nothingFound: 'Nothing is called that.',
  createNamed: (name: string) => `Create the room “${name}”`,
  writeToNamed: (name: string) => `Write to ${name}`,
  switcherHint: '↑ ↓ to choose · Enter to open · Escape to leave',

  // Errors, for people
  errors: {
    internal: 'Something went wrong on the server. Try again.',
    unauthorized: 'You are not signed in.',
    unknown_channel: 'There is no such conversation.',
    permission_denied: 'You are not allowed to do that.',
    method_not_found: 'The server does not know this command.',
    already_subscribed: 'This is open already.',
    limit_exceeded: 'A limit of the server is reached.',
    bad_request: 'The server did not understand that.',
    not_available: 'This is not available here.',
    token_expired: 'Your sign-in has expired.',
    too_many_requests: 'That was too fast. Wait a moment.',
    unrecoverable_position: 'What is asked for is no longer kept.',
    invalid_name: 'A name has 1 to 64 letters or digits of any script, “_”, “.” or “-”.',
    name_taken: 'Someone of that name is here right now.',
    room_exists: 'There is a room of that name already.',
    not_a_member: 'Only members can do that.',
    message_too_large: 'The message is too long.',
    message_empty: 'The message is empty.',
    unknown_message: 'The message is not there any more.',
    key_conflict: 'This message was sent with another text before.',
    invalid_cursor: 'The server did not understand where to go on from.',
    unknown_user: 'There is nobody of that name.',
    storage_full: 'The server has no room left. Try again later.',
    shutting_down: 'The server is stopping.',
    offline: 'You’re offline.',
    timeout: 'The server did not answer in time.',
    bad_answer: 'That address answers, but not as a Fullduplex server does.',
    signed_out: 'You are signed out.',
    outbox_full: 'Too many messages are waiting to be sent.',
    closed: 'The connection is closed.',
  } satisfies Record<ClientErrorCode, string>,
};

type Widen<T> = T extends string
  ? string
  : T extends (...args: infer Args) => string
    ? (...args: Args) => string
    : T extends readonly [string, string]
      ? readonly [string, string]
      : { readonly [Key in keyof T]: Widen<T[Key]> };

/** Every string of the page; one object of this type per language. */
export type Strings = Widen<typeof en>;
