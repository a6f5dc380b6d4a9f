using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class BackupClaims : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "ClaimedAt",
                table: "DatabaseBackups",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ClaimedBy",
                table: "DatabaseBackups",
                type: "character varying(100)",
                maxLength: 100,
                nullable: true,
                collation: "C");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "ClaimedAt",
                table: "DatabaseBackups");

            migrationBuilder.DropColumn(
                name: "ClaimedBy",
                table: "DatabaseBackups");
        }
    }
}
