namespace Islet.ControlPlane.Nodes;

/// <summary>
/// What makes PostgreSQL tell nodes of changes to what they keep in memory: triggers, so that no way of writing is
/// forgotten and nothing is told before its commit. Each change has a number; a node that misses one reads all again.
/// A notice is <c>number node kind name</c>, see <see cref="Change"/>. Run at each start, after the migrations.
/// </summary>
static class ChangeTriggers
{
    public const string Channel = "islet";

    public const string ReadVersion = "SELECT version FROM islet_changes";

    public const string Sql =
        """
        CREATE TABLE IF NOT EXISTS islet_changes (version bigint NOT NULL);
        INSERT INTO islet_changes SELECT 0 WHERE NOT EXISTS (SELECT FROM islet_changes);

        CREATE OR REPLACE FUNCTION islet_tell(kind text, names text[]) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            number bigint;
            name text;
        BEGIN
            IF cardinality(names) = 0 THEN
                RETURN;
            END IF;
            UPDATE islet_changes SET version = version + 1 RETURNING version INTO number;
            FOREACH name IN ARRAY names LOOP
                PERFORM pg_notify('islet', concat_ws(' ', number, coalesce(nullif(current_setting('islet.node', true), ''), '-'), kind, name));
            END LOOP;
        END $$;

        CREATE OR REPLACE FUNCTION islet_hosts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                PERFORM islet_tell('host', ARRAY(SELECT "Host" FROM new_rows));
            ELSIF TG_OP = 'DELETE' THEN
                PERFORM islet_tell('host', ARRAY(SELECT "Host" FROM old_rows));
            ELSE
                PERFORM islet_tell('host', ARRAY(SELECT "Host" FROM old_rows UNION SELECT "Host" FROM new_rows));
            END IF;
            RETURN NULL;
        END $$;
        CREATE OR REPLACE TRIGGER islet_added AFTER INSERT ON "MappedHosts"
            REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_hosts_changed();
        CREATE OR REPLACE TRIGGER islet_moved AFTER UPDATE ON "MappedHosts"
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_hosts_changed();
        CREATE OR REPLACE TRIGGER islet_gone AFTER DELETE ON "MappedHosts"
            REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_hosts_changed();

        CREATE OR REPLACE FUNCTION islet_deployments_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                PERFORM islet_tell('build', ARRAY['any']);
            ELSE
                PERFORM islet_tell('gone', ARRAY(SELECT "Id" FROM old_rows));
            END IF;
            RETURN NULL;
        END $$;
        CREATE OR REPLACE TRIGGER islet_added AFTER INSERT ON "Deployments"
            FOR EACH STATEMENT EXECUTE FUNCTION islet_deployments_changed();
        CREATE OR REPLACE TRIGGER islet_gone AFTER DELETE ON "Deployments"
            REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_deployments_changed();

        CREATE OR REPLACE FUNCTION islet_row_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM islet_tell(TG_ARGV[0], ARRAY[to_jsonb(coalesce(NEW, OLD)) ->> TG_ARGV[1]]);
            RETURN NULL;
        END $$;
        CREATE OR REPLACE TRIGGER islet_changed AFTER INSERT OR UPDATE OR DELETE ON "OrganizationLimits"
            FOR EACH ROW EXECUTE FUNCTION islet_row_changed('organization', 'OrganizationId');
        CREATE OR REPLACE TRIGGER islet_changed AFTER INSERT OR UPDATE OR DELETE ON "ProjectOverrides"
            FOR EACH ROW EXECUTE FUNCTION islet_row_changed('project', 'ProjectId');
        CREATE OR REPLACE TRIGGER islet_changed AFTER INSERT OR UPDATE OR DELETE ON "DomainCertificates"
            FOR EACH ROW EXECUTE FUNCTION islet_row_changed('certificate', 'DomainId');
        CREATE OR REPLACE TRIGGER islet_changed AFTER UPDATE OF "VerifiedName" ON "Domains"
            FOR EACH ROW EXECUTE FUNCTION islet_row_changed('certificate', 'Id');

        CREATE OR REPLACE FUNCTION islet_rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM islet_tell('rights', ARRAY['any']);
            RETURN NULL;
        END $$;
        CREATE OR REPLACE TRIGGER islet_changed AFTER DELETE OR UPDATE OF "Scope", "UserId", "OrganizationId", "ProjectId", "ExpiresAt" ON "Tokens"
            FOR EACH STATEMENT EXECUTE FUNCTION islet_rights_changed();
        CREATE OR REPLACE TRIGGER islet_changed AFTER INSERT OR UPDATE OR DELETE ON "Memberships"
            FOR EACH STATEMENT EXECUTE FUNCTION islet_rights_changed();
        CREATE OR REPLACE TRIGGER islet_changed AFTER UPDATE OR DELETE ON "Users"
            FOR EACH STATEMENT EXECUTE FUNCTION islet_rights_changed();
        """;
}
