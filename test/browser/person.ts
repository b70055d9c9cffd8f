/** One person at one browser: what they do and see, found by label and role as they would find it. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

export class Person {
  readonly page: Page;
  private readonly context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
  }

  /** Opens the chat in a browser of their own and signs in; `again` when the name may still count as here. */
  static async arrive(browser: Browser, url: string, name: string, { again = false } = {}): Promise<Person> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${url}/chat`);
    const person = new Person(context, page);
    await write(page.getByLabel('Your name'), name);
    await page.keyboard.press('Enter');
    if (again) {
      const itIsMe = page.getByRole('button', { name: 'It’s me' });
      await itIsMe.or(person.composer).waitFor();
      if (await itIsMe.isVisible()) await itIsMe.click();
    }
    await person.composer.waitFor();
    await person.waitUntilConnected();
    return person;
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get messages(): Locator {
    return this.page.locator('li[data-state]');
  }

  async waitUntilConnected(): Promise<void> {
    await this.page.locator('[role=status][data-state=connected]').waitFor();
  }

  async say(text: string): Promise<void> {
    await write(this.composer, text);
    await this.composer.press('Enter');
  }

  /** Goes to a conversation by its address, as a link to it would. */
  async open(channel: string): Promise<void> {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, `#${channel}`);
    await this.composer.waitFor();
  }

  async hasSent(text: string): Promise<void> {
    await this.page.locator('li[data-state=sent]').filter({ hasText: text }).waitFor();
  }

  async sees(text: string): Promise<void> {
    await this.messages.filter({ hasText: text }).first().waitFor();
  }

  /** The texts of the messages that begin with the prefix, in the order they stand on the page. */
  async texts(prefix: string): Promise<string[]> {
    const all = await this.messages.locator('[data-text]').allInnerTexts();
    return all.map((text) => text.trim()).filter((text) => text.startsWith(prefix));
  }

  async leave(): Promise<void> {
    await this.context.close();
  }
}

/** Into an empty field. What Playwright fills in at once in Firefox, React is not told of: there it is typed. */
export async function write(field: Locator, text: string): Promise<void> {
  if (process.env.BROWSER === 'firefox') await field.pressSequentially(text);
  else await field.fill(text);
}
